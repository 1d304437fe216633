-- Nobody else runs it from now on; what an attempt before it left of a result goes. No row: there is nothing to run.
-- $1 id, $2 who, $3 kinds that it can run, $4 how long the claim holds without another word, $5 attempts that a job has.
with clock as materialized (
  select annona_now() as now
), taken as (
  update side_job set state = 'running', claim = $2, claimed_until_ms = clock.now + $4::bigint, attempts = attempts + 1, done = 0, total = 0,
    started_at_ms = clock.now
  from clock
  where id = $1 and kind = any ($3::text[]) and attempts < $5::integer
    and (state = 'queued' or (state = 'running' and claimed_until_ms <= clock.now))
  returning id, cell, department_id as department, reach, subject, kind, input, state, done, total, attempts, queued_at_ms as "queuedAt",
  started_at_ms as "startedAt", ended_at_ms as "endedAt", result, error
), swept as (
  delete from side_job_part where job_id in (select id from taken)
)
select * from taken;
