-- Files of demands, and drafts that gather them.

CREATE TABLE attachment (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX attachment_due ON attachment (due) WHERE due IS NOT NULL;

CREATE TABLE demand_draft (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX demand_draft_due ON demand_draft (due) WHERE due IS NOT NULL;
