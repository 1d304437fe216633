-- Newest first. $1 ids below it, $2 rows.
select id, cell, department_id as department, subject, url, types, created_at_ms as "createdAt" from webhook where id < $1::text order by id desc limit $2::integer;
