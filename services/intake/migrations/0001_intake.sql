-- Intake's kinds; PostgreSQL's words, which SQLite reads too. Times are microseconds since the epoch, UTC.

CREATE TABLE demand (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  state BIGINT NOT NULL,
  -- The state while intake holds it, NULL else: routing's events then touch no index.
  intake_state BIGINT,
  channel BIGINT NOT NULL,
  district TEXT NOT NULL,
  -- NULL: unknown, or sealed because it is confidential.
  uscc TEXT,
  requester TEXT,
  category TEXT NOT NULL,
  accept_time BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX demand_due ON demand (due) WHERE due IS NOT NULL;
CREATE INDEX demand_accept ON demand (tenant, accept_time, id);
CREATE INDEX demand_intake_state ON demand (tenant, intake_state, accept_time, id) WHERE intake_state IS NOT NULL;
CREATE INDEX demand_district ON demand (tenant, district, accept_time, id);
CREATE INDEX demand_uscc ON demand (tenant, uscc, accept_time, id) WHERE uscc IS NOT NULL;
CREATE INDEX demand_requester ON demand (tenant, requester, accept_time, id) WHERE requester IS NOT NULL;
CREATE INDEX demand_category ON demand (tenant, category, accept_time);

CREATE TABLE supplement (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  order_no TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX supplement_order ON supplement (tenant, order_no, id);

CREATE TABLE demand_result (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE matter (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE enterprise (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  district TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX enterprise_district ON enterprise (tenant, district, id);

CREATE TABLE category_tree (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE category_forest (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE contact_access (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);
