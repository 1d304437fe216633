select e.id, e.sequence, e.tick, e.epoch, e.type, e.at_ms as at, e.department_id as department, e.agent_id as agent,
  e.request_id as request, e.lease_id as lease, e.policy_revision as "policyRevision", e.data, t.trace_parent as "traceParent"
from event e left join request_trace t on t.request_id = e.request_id
where e.cell = $1 and e.sequence > $2::bigint order by e.sequence limit $3::integer;
