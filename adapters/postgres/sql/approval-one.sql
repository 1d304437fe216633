-- $1 id, $2 department, $3 agent, $4 skills that a reviewer's department reviews, whoever asked; null for who is no reviewer.
select document from approval
where id = $1 and (
  ($4::text[] is null and ($2::text is null or department_id = $2) and ($3::text is null or agent_id = $3))
  or ($4::text[] is not null and (skill = any ($4::text[]) or department_id = $2))
);
