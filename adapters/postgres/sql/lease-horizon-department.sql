-- The last of the 20,000 rows that lease-list-department.sql looks through; none when it saw the end. $1 department, $2 agent, $3 after.
select id from lease
where department_id = $1 and $2::text is null and id < coalesce($3::text, '~')
order by id desc offset 19999 limit 1;
