CREATE TABLE work_order (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  state BIGINT NOT NULL, main TEXT NOT NULL, district TEXT NOT NULL, due_time BIGINT NOT NULL, open_due BIGINT,
  exception_due BIGINT, supervised_due BIGINT, calendar_version BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX work_order_due ON work_order (due) WHERE due IS NOT NULL;
CREATE INDEX work_order_state ON work_order (tenant, state, due_time, id);
CREATE INDEX work_order_main ON work_order (tenant, main, due_time, id);
CREATE INDEX work_order_main_open ON work_order (tenant, main, open_due, id) WHERE open_due IS NOT NULL;
CREATE INDEX work_order_district ON work_order (tenant, district, due_time, id);
CREATE INDEX work_order_exception ON work_order (tenant, exception_due, id) WHERE exception_due IS NOT NULL;
CREATE INDEX work_order_supervised ON work_order (tenant, supervised_due, id) WHERE supervised_due IS NOT NULL;
CREATE TABLE work_order_assist (
  tenant TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (tenant, value, id)
);
CREATE INDEX work_order_assist_id ON work_order_assist (tenant, id);

CREATE TABLE order_text (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  order_no TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX order_text_order ON order_text (tenant, order_no, id);

CREATE TABLE undertaker (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE reference (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  type TEXT NOT NULL, number BIGINT NOT NULL, open BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX reference_type ON reference (tenant, type, number, id);
CREATE INDEX reference_open ON reference (tenant, open, id) WHERE open IS NOT NULL;
