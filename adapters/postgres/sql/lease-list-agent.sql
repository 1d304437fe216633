-- Newest first (ids rise with the tick), among the next 20,000 rows at most: lease-horizon-agent.sql says where they end.
-- $1 department, $2 agent, $3 ids below it, $4 state, $5 kind, $6 pool, $7 rows.
-- The first column of the index is named in the order too, so that no wider index can serve it.
select l.id, l.request_id as request, l.department_id as department, l.agent_id as agent, l.epoch, l.option_index as option,
  l.allocations, l.reservations, l.state, l.granted_at_ms as "grantedAt", l.start_limit_at_ms as "startLimitAt",
  l.ends_at_ms as "endsAt", l.extended, l.activated_at_ms as "activatedAt", l.ended_at_ms as "endedAt", h.at_ms as "heartbeatAt", l.borrowed, l.revocation,
  case when l.extended then (
    select json_agg(e.reservations order by e.sequence) from extension e where e.cell = l.cell and e.lease_id = l.id and e.outcome = 'granted'
  ) end as "extensionReservations"
from (
  select * from lease
  where (agent_id, id) < ($2, $3::text) and agent_id >= $2 and ($1::text is null or department_id = $1)
  order by agent_id desc, id desc limit 20000
) l left join heartbeat h on h.lease_id = l.id and h.cell = l.cell
where ($4::text is null or l.state = $4) and (($5::text is null and $6::text is null) or exists (
  select from json_to_recordset(l.allocations) as a (kind text, pool text)
  where ($5::text is null or a.kind = $5) and ($6::text is null or a.pool = $6)
))
order by l.agent_id desc, l.id desc limit $7::integer;
