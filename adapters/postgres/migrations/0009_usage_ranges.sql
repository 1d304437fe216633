-- Up Migration
-- A report of a span reads the blocks of that span. Rows stand about in the order of their ticks, so that a summary a megabyte of table finds
-- them: a commit writes into it once a megabyte, where a B-tree would take an entry a row.

create index request_opened on request using brin (opened_tick) with (autosummarize = on);
create index lease_granted on lease using brin (granted_tick) with (autosummarize = on);
-- The tick of the end changes once, and up to PostgreSQL 15 any index on it would make each end write all indexes of `lease` anew. There a
-- report reads the leases that were granted before its span, by their numbers alone.
do $$
begin
  if current_setting('server_version_num')::integer >= 160000 then
    create index lease_ended on lease using brin (ended_tick) with (autosummarize = on);
  end if;
end $$;
