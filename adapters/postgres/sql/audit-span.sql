select sequence, tick, at_ms as at, department_id as department, actor, act, object_id as object, because, digest
from audit where cell = $1 and sequence between $2::bigint and $3::bigint order by sequence;
