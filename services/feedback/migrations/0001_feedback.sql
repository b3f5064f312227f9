-- One round of following an order up, with its rating, and what the rates know of each order.

CREATE TABLE follow_up (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  state BIGINT NOT NULL,
  due_time BIGINT NOT NULL,
  token_hash TEXT NOT NULL,
  district TEXT NOT NULL,
  -- Rated badly at least once; made good; contact or result still missing (FBK-08).
  bad BIGINT NOT NULL,
  rectified BIGINT NOT NULL,
  missing BIGINT NOT NULL,
  bad_time BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX follow_up_due ON follow_up (due) WHERE due IS NOT NULL;
CREATE INDEX follow_up_by_due_time ON follow_up (tenant, due_time, id);
CREATE INDEX follow_up_by_state ON follow_up (tenant, state, due_time, id);
CREATE INDEX follow_up_by_token ON follow_up (tenant, token_hash);
CREATE INDEX follow_up_bad ON follow_up (tenant, bad_time, id) WHERE bad_time IS NOT NULL;
CREATE INDEX follow_up_missing ON follow_up (tenant, bad_time, id) WHERE missing = 1;

CREATE TABLE order_score (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  -- 1: it is in the rates (FBK-11).
  counted BIGINT NOT NULL,
  due_time BIGINT,
  main_undertaker TEXT NOT NULL,
  district TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX order_score_due ON order_score (due) WHERE due IS NOT NULL;
CREATE INDEX order_score_by_due_time ON order_score (tenant, counted, due_time, id);
CREATE INDEX order_score_by_undertaker ON order_score (tenant, main_undertaker, due_time, id);
CREATE INDEX order_score_by_district ON order_score (tenant, district, due_time, id);
