-- Policies, and their measures word by word.

CREATE TABLE policy (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  document_number TEXT NOT NULL,
  update_time BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX policy_due ON policy (due) WHERE due IS NOT NULL;
CREATE INDEX policy_by_number ON policy (tenant, document_number, id);
CREATE INDEX policy_by_update ON policy (tenant, update_time, id);

CREATE TABLE measure (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  policy TEXT NOT NULL,
  place BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX measure_due ON measure (due) WHERE due IS NOT NULL;
CREATE INDEX measure_by_place ON measure (tenant, policy, place, id);
