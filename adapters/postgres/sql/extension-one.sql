-- An extension as the ticks left it, or as it was acknowledged. One that a tick stamped without opening it met a lease that had ended.
select id, lease_id as lease, seconds, outcome, ends_at_ms as "endsAt", reasons
from extension where id = $1 and ($2::text is null or department_id = $2) and ($3::text is null or agent_id = $3)
union all
select object_id, command ->> 'lease', (command ->> 'seconds')::bigint, case when tick is null then 'pending' else 'denied' end, null, '[]'
from intake
where act = 'extend' and object_id = $1 and not exists (select from extension where id = $1)
  and ($2::text is null or department_id = $2) and ($3::text is null or agent_id = $3);
