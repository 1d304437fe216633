-- The next part of the result, while the job is the claimant's. $1 id, $2 claim, $3 which, $4 bytes.
insert into side_job_part (job_id, n, department_id, bytes)
select id, $3::integer, department_id, $4::bytea from side_job where id = $1 and claim = $2 and state = 'running'
returning n;
