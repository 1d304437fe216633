-- Whoever ran it stops, and had no trouble with it: queued again, the attempt not counted. $1 id, $2 claim.
update side_job set state = 'queued', claim = null, claimed_until_ms = null, attempts = attempts - 1
where id = $1 and claim = $2 and state = 'running'
returning id;
