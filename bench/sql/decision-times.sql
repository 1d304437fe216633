-- The first event of each type of every request, by type: how many, and between which commits, on the database's clock.
select f.type, count(*)::integer as requests, min(t.committed_at_ms)::float8 as "firstAtMs", max(t.committed_at_ms)::float8 as "lastAtMs"
from (
  select distinct on (request_id, type) cell, tick, type from event where type like 'annona.request.%' order by request_id, type, sequence
) f join tick t on t.cell = f.cell and t.tick = f.tick
group by f.type;
