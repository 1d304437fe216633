-- A request as the ticks left it, or, while none has folded it yet, as it was acknowledged: queued. One snapshot sees
-- one of the two; the limit spares the look at the intake once there is a row.
select document, state, reasons, lease_id as lease, decided_tick as tick, decided_at_ms as "decidedAt",
  case when state in ('queued', 'waiting') then reservation end as reservation, null::bigint as "receivedAt",
  (select o.document from obligation o where o.request_id = request.id) as obligations
from request where id = $1 and ($2::text is null or department_id = $2) and ($3::text is null or agent_id = $3)
union all
select command -> 'request', 'queued', '[]', null, null, null, null, received_at_ms, null
from intake
where act = 'submit' and object_id = $1 and tick is null
  and ($2::text is null or department_id = $2) and ($3::text is null or agent_id = $3)
limit 1;
