-- Newest first (ids sort by time), among the next 20,000 rows at most: request-horizon-all.sql says where they end.
-- $1 department, $2 agent, $3 ids below it, $4 state, $5 class, $6 code of the binding reason, $7 rows.
select id, document, state, reasons, lease_id as lease, decided_tick as tick, decided_at_ms as "decidedAt",
  case when state in ('queued', 'waiting') then reservation end as reservation
from (
  select * from request
  where $1::text is null and $2::text is null and id < $3::text
  order by id desc limit 20000
) looked
where ($4::text is null or state = $4) and ($5::text is null or document #>> '{terms,class}' = $5)
  and ($6::text is null or reasons -> 0 ->> 'code' = $6)
order by id desc limit $7::integer;
