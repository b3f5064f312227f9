-- An undertaker's word against a rating (FBK-09).
CREATE TABLE appeal (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  state BIGINT NOT NULL,
  undertaker TEXT NOT NULL,
  district TEXT NOT NULL,
  create_time BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX appeal_due ON appeal (due) WHERE due IS NOT NULL;
CREATE INDEX appeal_by_time ON appeal (tenant, create_time, id);
CREATE INDEX appeal_by_state ON appeal (tenant, state, create_time, id);
CREATE INDEX appeal_by_undertaker ON appeal (tenant, undertaker, create_time, id);
