-- Translations, marks on callers, and what waits for the foreign-language seat.

CREATE TABLE translation (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE caller_mark (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  set_time BIGINT NOT NULL,
  -- 0: lifted.
  holds_until BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX caller_mark_set ON caller_mark (tenant, set_time, id);
CREATE INDEX caller_mark_holds ON caller_mark (tenant, holds_until, id);

-- The seat's queue while intake holds the demand; NULL for the general seat and for all that is over.
ALTER TABLE demand ADD COLUMN queue TEXT;
CREATE INDEX demand_queue ON demand (tenant, queue, accept_time, id) WHERE queue IS NOT NULL;
