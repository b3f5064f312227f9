-- The calendar that routing published last.

CREATE TABLE calendar (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX calendar_due ON calendar (due) WHERE due IS NOT NULL;
