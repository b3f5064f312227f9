-- The ledger's own tables; PostgreSQL's words, which SQLite reads too. Times are microseconds since the epoch, UTC.

CREATE TABLE history (
  tenant TEXT NOT NULL,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  time BIGINT NOT NULL,
  caller TEXT NOT NULL,
  method TEXT NOT NULL,
  type TEXT NOT NULL,
  data BYTEA NOT NULL,
  record_hash BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  writer TEXT NOT NULL,
  block BIGINT NOT NULL,
  place BIGINT NOT NULL,
  PRIMARY KEY (tenant, kind, id, sequence)
);

CREATE TABLE block (
  writer TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  time BIGINT NOT NULL,
  rows BIGINT NOT NULL,
  previous BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (writer, sequence)
);

CREATE TABLE request (
  tenant TEXT NOT NULL,
  scope BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  answer BYTEA NOT NULL,
  expires BIGINT NOT NULL,
  PRIMARY KEY (tenant, scope)
);
CREATE INDEX request_expires ON request (expires);

CREATE TABLE outbox_partition (
  partition BIGINT NOT NULL PRIMARY KEY,
  -- The last position given out, and the lowest that every consumer has passed.
  last BIGINT NOT NULL,
  passed BIGINT NOT NULL
);

CREATE TABLE outbox (
  partition BIGINT NOT NULL,
  position BIGINT NOT NULL,
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  key TEXT NOT NULL,
  key_sequence BIGINT NOT NULL,
  type TEXT NOT NULL,
  payload BYTEA NOT NULL,
  transient BIGINT NOT NULL,
  time BIGINT NOT NULL,
  PRIMARY KEY (partition, position)
);

CREATE TABLE mark (
  source TEXT NOT NULL,
  partition BIGINT NOT NULL,
  position BIGINT NOT NULL,
  PRIMARY KEY (source, partition)
);

CREATE TABLE dead_letter (
  source TEXT NOT NULL,
  partition BIGINT NOT NULL,
  position BIGINT NOT NULL,
  tenant TEXT NOT NULL,
  key TEXT NOT NULL,
  type TEXT NOT NULL,
  envelope BYTEA NOT NULL,
  reason TEXT NOT NULL,
  time BIGINT NOT NULL,
  PRIMARY KEY (source, partition, position)
);
CREATE INDEX dead_letter_key ON dead_letter (source, tenant, key);

CREATE TABLE person (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE person_blind (
  tenant TEXT NOT NULL,
  blind BYTEA NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (tenant, blind, id)
);
CREATE INDEX person_blind_id ON person_blind (tenant, id);

CREATE TABLE lease (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
