-- The last of the 20,000 rows that request-list-agent.sql looks through; none when it saw the end. $1 department, $2 agent, $3 after.
select id from request
where ($1::text is null or department_id = $1) and agent_id = $2::text and id < coalesce($3::text, '~')
order by id desc offset 19999 limit 1;
