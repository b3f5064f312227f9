-- Standard answers with their versions, and questions for which there was none.

CREATE TABLE standard_answer (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  update_time BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX standard_answer_by_update ON standard_answer (tenant, update_time, id);

CREATE TABLE knowledge_gap (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  report_time BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX knowledge_gap_by_report ON knowledge_gap (tenant, report_time, id);
