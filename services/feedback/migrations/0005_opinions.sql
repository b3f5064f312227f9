-- Opinions, each at one body (FBK-10).

CREATE TABLE opinion (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  -- 1: not answered.
  open BIGINT NOT NULL,
  due_time BIGINT NOT NULL,
  target TEXT NOT NULL,
  -- Of the enterprise; empty where none is known.
  uscc TEXT NOT NULL,
  district TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX opinion_by_due ON opinion (tenant, due_time, id);
CREATE INDEX opinion_by_target ON opinion (tenant, target, due_time, id);
CREATE INDEX opinion_by_uscc ON opinion (tenant, uscc, due_time, id);
CREATE INDEX opinion_by_district ON opinion (tenant, district, due_time, id);
CREATE INDEX opinion_open ON opinion (tenant, due_time, id) WHERE open = 1;
CREATE INDEX opinion_open_by_target ON opinion (tenant, target, due_time, id) WHERE open = 1;
