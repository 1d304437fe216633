-- What a group whose reply was lost came to; no row when it was not committed.
select o.type, o.intake, o."receivedAt", o.request
from intake_group g
  cross join lateral json_to_recordset(g.outcomes) as o (n integer, type text, intake bigint, "receivedAt" bigint, request text)
where g.writer = $1::uuid and g.number = $2::bigint
order by o.n;
