-- Units that live leases hold, by department, kind and pool.
select l.department_id as department, a.kind, a.pool, sum(a.quantity)::bigint as units
from lease_live v join lease l on l.id = v.id and l.cell = v.cell
  cross join lateral json_to_recordset(l.allocations) as a (pool text, kind text, quantity bigint)
where v.cell = $1
group by l.department_id, a.kind, a.pool
order by l.department_id, a.kind, a.pool;
