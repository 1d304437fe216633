-- $1 id.
select id, cell, department_id as department, subject, url, types, created_at_ms as "createdAt" from webhook where id = $1;
