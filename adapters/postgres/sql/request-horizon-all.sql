-- The last of the 20,000 rows that request-list-all.sql looks through; none when it saw the end. $1 department, $2 agent, $3 ids below it.
select id from request
where $1::text is null and $2::text is null and id < $3::text
order by id desc offset 19999 limit 1;
