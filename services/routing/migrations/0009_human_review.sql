-- Orders whose automatic dispatch a person is asked to review, the nearest due first.
ALTER TABLE work_order ADD COLUMN review_due BIGINT;
CREATE INDEX work_order_review ON work_order (tenant, review_due, id) WHERE review_due IS NOT NULL;
