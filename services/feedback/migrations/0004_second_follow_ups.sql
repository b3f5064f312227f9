-- Follow-ups that are made again by other staff (FBK-14).

-- What second follow-ups are drawn from; none of what was done before this table was.
ALTER TABLE follow_up ADD COLUMN called_done_time BIGINT;
CREATE INDEX follow_up_called ON follow_up (tenant, called_done_time, id) WHERE called_done_time IS NOT NULL;

CREATE TABLE second_follow_up_draw (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  create_time BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX second_follow_up_draw_due ON second_follow_up_draw (due) WHERE due IS NOT NULL;
CREATE INDEX second_follow_up_draw_by_time ON second_follow_up_draw (tenant, create_time, id)
  WHERE create_time IS NOT NULL;

CREATE TABLE second_follow_up (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  state BIGINT NOT NULL,
  follower TEXT NOT NULL,
  -- 1: it contradicts the first one.
  contradicted BIGINT NOT NULL,
  district TEXT NOT NULL,
  create_time BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX second_follow_up_by_time ON second_follow_up (tenant, create_time, id);
CREATE INDEX second_follow_up_by_state ON second_follow_up (tenant, state, create_time, id);
CREATE INDEX second_follow_up_by_follower ON second_follow_up (tenant, follower, create_time, id);
CREATE INDEX second_follow_up_contradicted ON second_follow_up (tenant, create_time, id) WHERE contradicted = 1;

CREATE TABLE marked_follower (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  mark_time BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX marked_follower_by_time ON marked_follower (tenant, mark_time, id);
