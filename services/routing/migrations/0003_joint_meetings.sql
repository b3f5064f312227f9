ALTER TABLE work_order ADD COLUMN meeting_place TEXT NOT NULL DEFAULT '';
ALTER TABLE work_order ADD COLUMN meeting_due BIGINT;
CREATE INDEX work_order_meeting ON work_order (tenant, meeting_place, meeting_due, id) WHERE meeting_due IS NOT NULL;
CREATE TABLE work_order_call (
  tenant TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (tenant, value, id)
);
CREATE INDEX work_order_call_id ON work_order_call (tenant, id);

CREATE TABLE joint_meeting (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  place TEXT NOT NULL, meeting_day BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX joint_meeting_place ON joint_meeting (tenant, place, meeting_day, id);
