select l.id, l.request_id as request, l.department_id as department, l.agent_id as agent, l.epoch, l.option_index as option,
  l.allocations, l.reservations, l.state, l.granted_at_ms as "grantedAt", l.start_limit_at_ms as "startLimitAt",
  l.ends_at_ms as "endsAt", l.extended, l.activated_at_ms as "activatedAt", l.ended_at_ms as "endedAt", h.at_ms as "heartbeatAt", l.borrowed, l.revocation,
  h.checkpoint_at_ms as "checkpointAt", r.document,
  case when l.extended then (
    select json_agg(e.reservations order by e.sequence) from extension e where e.cell = l.cell and e.lease_id = l.id and e.outcome = 'granted'
  ) end as "extensionReservations"
from lease_live v join lease l on l.id = v.id and l.cell = v.cell
  left join request r on r.id = l.request_id
  left join heartbeat h on h.lease_id = l.id and h.cell = l.cell
where v.cell = $1
order by l.id;
