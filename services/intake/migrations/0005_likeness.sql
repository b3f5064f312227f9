-- By what demands are found that are like a text (INT-09).

CREATE TABLE likeness (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX likeness_due ON likeness (due) WHERE due IS NOT NULL;
CREATE TABLE likeness_key (
  tenant TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (tenant, value, id)
);
CREATE INDEX likeness_key_id ON likeness_key (tenant, id);
