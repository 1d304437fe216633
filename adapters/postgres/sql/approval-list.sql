-- Newest request first. $1 department, $2 agent, $3 skills that a reviewer's department reviews, whoever asked; null for who is no reviewer.
-- $4 ids below it, $5 state, $6 skill, $7 the request that waits, $8 rows. Approvals are few beside requests: one a reviewer's look.
select document from approval
where id < $4::text
  and (
    ($3::text[] is null and ($1::text is null or department_id = $1) and ($2::text is null or agent_id = $2))
    or ($3::text[] is not null and (skill = any ($3::text[]) or department_id = $1))
  )
  and ($5::text is null or state = $5) and ($6::text is null or skill = $6) and ($7::text is null or request_id = $7)
order by id desc limit $8::integer;
