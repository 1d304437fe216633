-- The last of the 20,000 rows that request-list-department.sql looks through; none when it saw the end. $1 department, $2 agent, $3 ids below it.
select id from request
where (department_id, id) < ($1, $3::text) and department_id >= $1 and $2::text is null
order by department_id desc, id desc offset 19999 limit 1;
