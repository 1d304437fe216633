-- Bytes of every tick record, and what the tick dealt with: requests that it opened, Decisions that it made.
select t.tick::float8 as tick, t.bytes,
  octet_length(t.record::text) as "storedBytes",
  (select count(*) from request r where r.cell = t.cell and r.opened_tick = t.tick)::integer as opened,
  (select count(*) from event e where e.cell = t.cell and e.tick = t.tick and e.type like 'annona.request.%')::integer as decisions
from tick t
order by t.tick;
