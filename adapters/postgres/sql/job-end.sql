-- $1 id, $2 claim, $3 state: queued again, succeeded or failed. $4 result, $5 error.
update side_job set state = $3, claim = null, claimed_until_ms = null, result = $4::json, error = $5,
  ended_at_ms = case when $3 = 'queued' then null else annona_now() end
where id = $1 and claim = $2 and state = 'running'
returning id;
