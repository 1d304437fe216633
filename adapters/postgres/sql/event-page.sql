-- Events that a reader sees, oldest first, among the next 20,000 of the log: sequences have no gaps.
-- $1 cell, $2 after, $3 department, $4 agent, $5 types, $6 request, $7 rows.
select id, sequence, tick, epoch, type, at_ms as at, department_id as department, agent_id as agent, request_id as request,
  lease_id as lease, policy_revision as "policyRevision", data
from event
where cell = $1 and sequence > $2::bigint and sequence <= $2::bigint + 20000
  and ($3::text is null or department_id = $3) and ($4::text is null or agent_id = $4)
  and ($5::text[] is null or type = any ($5)) and ($6::text is null or request_id = $6)
order by sequence limit $7::integer;
