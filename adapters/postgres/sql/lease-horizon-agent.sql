-- The last of the 20,000 rows that lease-list-agent.sql looks through; none when it saw the end. $1 department, $2 agent, $3 ids below it.
select id from lease
where (agent_id, id) < ($2, $3::text) and agent_id >= $2 and ($1::text is null or department_id = $1)
order by agent_id desc, id desc offset 19999 limit 1;
