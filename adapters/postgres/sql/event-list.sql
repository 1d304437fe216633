select id, sequence, tick, epoch, type, at_ms as at, department_id as department, agent_id as agent, request_id as request,
  lease_id as lease, policy_revision as "policyRevision", data
from event where cell = $1 and sequence > $2::bigint order by sequence limit $3::integer;
