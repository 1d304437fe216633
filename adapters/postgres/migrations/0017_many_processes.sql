-- Up Migration
-- Many processes on one database: where the leader of an epoch is asked for what it alone knows, and an epoch for the relay's cursor.
-- A table and a column with a default are added and nothing is changed: a process of the version before goes on beside a new one.

-- Beside the leader's row and not in it: a leader of the version before writes no address, and one that stands there is of an older epoch.
create table leader_address (
  cell   text   primary key collate "C",
  epoch  bigint not null,
  url    text   not null,
  -- Whoever can read this table may ask the leader; it says nothing of the caller, whose own token the leader verifies.
  secret text   not null
);

-- Of the relay that moved it last. 0: one of the version before, which knows no epoch.
alter table relay_cursor add column epoch bigint not null default 0;
