-- One that has not ended. $1 id, $2 department, null for all.
update side_job set state = 'cancelled', ended_at_ms = annona_now(), claim = null, claimed_until_ms = null
where id = $1 and state in ('queued', 'running') and ($2::text is null or department_id = $2)
returning id, cell, department_id as department, reach, subject, kind, input, state, done, total, attempts, queued_at_ms as "queuedAt",
  started_at_ms as "startedAt", ended_at_ms as "endedAt", result, error;
