-- The catalogue of inspection items.

CREATE TABLE item (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  body_code TEXT NOT NULL,
  publish_date TEXT NOT NULL,
  withdraw_date TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX item_due ON item (due) WHERE due IS NOT NULL;
CREATE INDEX item_by_body ON item (tenant, body_code, id);

CREATE TABLE item_industry (
  tenant TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (tenant, value, id)
);
CREATE INDEX item_industry_id ON item_industry (tenant, id);
