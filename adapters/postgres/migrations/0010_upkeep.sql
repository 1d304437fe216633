-- Up Migration
-- What makes repeating safe is kept for a time and then purged, oldest first. A key goes to the right end of its index and leaves at the
-- left, so that a purge reads what it deletes and nothing else.

create index submit_key_by_age on submit_key (received_at_ms);
create index call_key_by_age on call_key (started_at_ms);
-- One row a group, and a writer takes its own away: those of writers that are gone are few, and need no index.
alter table intake_group add column written_at_ms bigint not null default annona_now();
