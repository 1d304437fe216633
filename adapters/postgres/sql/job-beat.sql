-- A sign of life with the progress. No row: the job is not the claimant's any more. $1 id, $2 claim, $3 done, $4 total, $5 how long it holds.
update side_job set claimed_until_ms = annona_now() + $5::bigint, done = greatest(done, $3::bigint), total = greatest(total, $4::bigint)
where id = $1 and claim = $2 and state = 'running'
returning id;
