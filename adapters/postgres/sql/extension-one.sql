select id, lease_id as lease, seconds, outcome, ends_at_ms as "endsAt", reasons
from extension where id = $1 and ($2::text is null or department_id = $2) and ($3::text is null or agent_id = $3);
