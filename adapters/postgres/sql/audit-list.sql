-- Sealed or not, newest last. Each filter is null where it filters nothing.
select sequence, tick, at_ms as at, department_id as department, actor, act, object_id as object, because, digest
from audit
where cell = $1 and sequence > $2::bigint and ($4::text is null or act = $4) and ($5::text is null or department_id = $5)
  and ($6::text is null or object_id = $6) and ($7::text is null or actor = $7)
order by sequence limit $3::integer;
