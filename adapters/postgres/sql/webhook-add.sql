-- Events that are committed from now on. No row: the department has as many as it may. $1 id, $2 cell, $3 department, $4 subject, $5 url,
-- $6 types, $7 secret, $8 most.
insert into webhook (id, cell, department_id, subject, url, types, secret, after_sequence)
select $1, $2, $3, $4, $5, $6::text[], $7, coalesce((select max(sequence) from event where cell = $2), 0)
where (select count(*) from webhook where department_id = $3) < $8::integer
returning id, cell, department_id as department, subject, url, types, created_at_ms as "createdAt";
