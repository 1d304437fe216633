-- $1 id, $2 department, $3 agent; $4 the skills that somebody reviews for other departments too, or null.
select document from approval
where id = $1 and (
  (($2::text is null or department_id = $2) and ($3::text is null or agent_id = $3) and $4::text[] is null)
  or skill = any ($4::text[]) or ($4::text[] is not null and department_id = $2)
);
