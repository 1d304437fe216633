select document, state, reasons, lease_id as lease, decided_tick as tick, decided_at_ms as "decidedAt"
from request where id = $1 and ($2::text is null or department_id = $2) and ($3::text is null or agent_id = $3);
