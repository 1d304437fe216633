-- Newest first, among the next 20,000 rows at most. $1 department, $2 agent, $3 skills that somebody reviews for other departments too,
-- $4 ids below it, $5 state, $6 skill, $7 parent, $8 rows.
select id, document
from (
  select * from approval where id < $4::text order by id desc limit 20000
) looked
where (
    (($1::text is null or department_id = $1) and ($2::text is null or agent_id = $2) and $3::text[] is null)
    or skill = any ($3::text[]) or ($3::text[] is not null and department_id = $1)
  )
  and ($5::text is null or state = $5) and ($6::text is null or skill = $6) and ($7::text is null or request_id = $7)
order by id desc limit $8::integer;
