-- Newest first. $1 ids below it, $2 state, $3 kind, $4 rows.
select id, cell, department_id as department, reach, subject, kind, input, state, done, total, attempts, queued_at_ms as "queuedAt",
  started_at_ms as "startedAt", ended_at_ms as "endedAt", result, error
from side_job
where id < $1::text and ($2::text is null or state = $2) and ($3::text is null or kind = $3)
order by id desc limit $4::integer;
