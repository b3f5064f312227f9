-- Service areas, desks and service persons; visits; what was refused on record; imports of the register.

ALTER TABLE enterprise ADD COLUMN area TEXT;
ALTER TABLE enterprise ADD COLUMN slot BIGINT;
-- The district of a subject without a desk, NULL else: the report is its index.
ALTER TABLE enterprise ADD COLUMN unassigned TEXT;
UPDATE enterprise SET unassigned = district;
CREATE INDEX enterprise_desk ON enterprise (tenant, area, slot, id) WHERE area IS NOT NULL;
CREATE INDEX enterprise_unassigned ON enterprise (tenant, unassigned, id) WHERE unassigned IS NOT NULL;

CREATE TABLE service_area (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  district TEXT NOT NULL,
  -- The district of an area without an active person, NULL else.
  vacant TEXT,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX service_area_district ON service_area (tenant, district, id);
CREATE INDEX service_area_vacant ON service_area (tenant, vacant, id) WHERE vacant IS NOT NULL;

CREATE TABLE service_person (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE service_visit (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  uscc TEXT NOT NULL,
  district TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX service_visit_time ON service_visit (tenant, time, id);
CREATE INDEX service_visit_uscc ON service_visit (tenant, uscc, time, id);
CREATE INDEX service_visit_district ON service_visit (tenant, district, time, id);

CREATE TABLE refused_act (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  reason BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX refused_act_time ON refused_act (tenant, time, id);
CREATE INDEX refused_act_reason ON refused_act (tenant, reason, time, id);

CREATE TABLE subject_inspection (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE import_job (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);

-- By `{job}/{chunk}`: the faults of a job are a range of the primary key.
CREATE TABLE import_fault (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);
