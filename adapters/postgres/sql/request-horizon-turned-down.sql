-- The last of the 20,000 rows that request-list-turned-down.sql looks through; none when it saw the end.
-- $1 department, $2 agent, $3 ids below it, $4 state.
select id from request
where state in ('denied', 'expired', 'cancelled') and state = $4 and $1::text is null and $2::text is null
  and id < $3::text
order by id desc offset 19999 limit 1;
