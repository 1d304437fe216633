-- $1 id, $2 department, null for all.
delete from webhook where id = $1 and ($2::text is null or department_id = $2) returning id;
