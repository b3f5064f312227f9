-- Notices to enterprises, what waits of each order, and the templates (FBK-13).

CREATE TABLE notice (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  state BIGINT NOT NULL,
  order_no TEXT NOT NULL,
  create_time BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX notice_by_time ON notice (tenant, create_time, id);
CREATE INDEX notice_by_state ON notice (tenant, state, create_time, id);
CREATE INDEX notice_by_order ON notice (tenant, order_no, create_time, id);

CREATE TABLE notice_queue (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  next_time BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX notice_queue_next ON notice_queue (tenant, next_time, id) WHERE next_time IS NOT NULL;

CREATE TABLE notice_template (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);
