-- What closed orders taught (FBK-12).

CREATE TABLE service_case (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  state BIGINT NOT NULL,
  case_kind BIGINT NOT NULL,
  undertaker TEXT NOT NULL,
  district TEXT NOT NULL,
  create_time BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX service_case_by_time ON service_case (tenant, create_time, id);
CREATE INDEX service_case_by_state ON service_case (tenant, state, create_time, id);
CREATE INDEX service_case_by_kind ON service_case (tenant, state, case_kind, create_time, id);
CREATE INDEX service_case_by_undertaker ON service_case (tenant, undertaker, create_time, id);
CREATE INDEX service_case_by_district ON service_case (tenant, district, create_time, id);
