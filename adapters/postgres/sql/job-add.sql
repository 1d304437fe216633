-- $1 id, $2 cell, $3 department, $4 reach, $5 subject, $6 kind, $7 input.
insert into side_job (id, cell, department_id, reach, subject, kind, input) values ($1, $2, $3, $4, $5, $6, $7::json)
returning id, cell, department_id as department, reach, subject, kind, input, state, done, total, attempts, queued_at_ms as "queuedAt",
  started_at_ms as "startedAt", ended_at_ms as "endedAt", result, error;
