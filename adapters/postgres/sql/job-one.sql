-- $1 id.
select id, cell, department_id as department, reach, subject, kind, input, state, done, total, attempts, queued_at_ms as "queuedAt",
  started_at_ms as "startedAt", ended_at_ms as "endedAt", result, error
from side_job where id = $1;
