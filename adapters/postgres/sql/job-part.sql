-- One part of a result. $1 id, $2 which.
select bytes from side_job_part where job_id = $1 and n = $2::integer;
