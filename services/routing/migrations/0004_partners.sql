-- What a partner hotline is to be told next, and since when (RTE-26).
ALTER TABLE work_order ADD COLUMN partner TEXT NOT NULL DEFAULT '';
ALTER TABLE work_order ADD COLUMN partner_due BIGINT;
CREATE INDEX work_order_partner ON work_order (tenant, partner, partner_due, id) WHERE partner_due IS NOT NULL;
