-- What blocks cover beside history: the hashes of the request ids, messages, marks and dead letters of their commit, so
-- that verify finds one that was changed. Rows from before name no writer.

ALTER TABLE block ADD COLUMN covers BYTEA NOT NULL DEFAULT '';

ALTER TABLE request ADD COLUMN writer TEXT NOT NULL DEFAULT '';
ALTER TABLE request ADD COLUMN block BIGINT NOT NULL DEFAULT 0;

ALTER TABLE outbox ADD COLUMN writer TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN block BIGINT NOT NULL DEFAULT 0;
-- W3C trace context of the call that led to the message.
ALTER TABLE outbox ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';

ALTER TABLE mark ADD COLUMN writer TEXT NOT NULL DEFAULT '';
ALTER TABLE mark ADD COLUMN block BIGINT NOT NULL DEFAULT 0;

ALTER TABLE dead_letter ADD COLUMN writer TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letter ADD COLUMN block BIGINT NOT NULL DEFAULT 0;
-- 1: the envelope is sealed under the service's vault.
ALTER TABLE dead_letter ADD COLUMN sealed BIGINT NOT NULL DEFAULT 0;

-- A record per dead letter that there ever was; its history says who let it be applied or dropped it.
CREATE TABLE dead_letter_log (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  source TEXT NOT NULL,
  partition BIGINT NOT NULL,
  position BIGINT NOT NULL,
  -- A DeadLetterState.
  state BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX dead_letter_log_place ON dead_letter_log (source, partition, position);
