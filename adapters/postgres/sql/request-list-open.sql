-- Queued or waiting requests, newest first: they are few among all, and the index of what is open finds them.
-- $1 department, $2 agent, $3 ids below it, $4 state, $5 class, $6 code of the binding reason, $7 rows.
with open as materialized (
  select id from request
  where state in ('queued', 'waiting') and state = $4
    and ($1::text is null or department_id = $1) and ($2::text is null or agent_id = $2) and id < $3::text
    and ($5::text is null or document #>> '{terms,class}' = $5) and ($6::text is null or reasons -> 0 ->> 'code' = $6)
)
select id, document, state, reasons, lease_id as lease, decided_tick as tick, decided_at_ms as "decidedAt",
  case when state in ('queued', 'waiting') then reservation end as reservation
from request where id = any (array(select id from open order by id desc limit $7::integer))
order by id desc;
