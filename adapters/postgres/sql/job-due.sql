-- What waits to be run, or was being run by somebody who is not heard of any more, oldest first; what was tried too often fails here.
-- $1 cell, $2 attempts that a job has, $3 rows.
with clock as materialized (
  select annona_now() as now
), lost as (
  update side_job set state = 'failed', ended_at_ms = clock.now, error = 'every process that ran it ended', claim = null, claimed_until_ms = null
  from clock
  where cell = $1 and state = 'running' and claimed_until_ms <= clock.now and attempts >= $2::integer
)
select id from side_job, clock
where cell = $1 and attempts < $2::integer and (state = 'queued' or (state = 'running' and claimed_until_ms <= clock.now))
order by queued_at_ms, id limit $3::integer;
