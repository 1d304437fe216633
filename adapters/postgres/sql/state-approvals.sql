select a.document
from approval a join request r on r.id = a.request_id
where a.cell = $1 and (
  (a.state in ('seeking', 'scheduled', 'approved') and r.state in ('queued', 'waiting'))
  or (a.state = 'approved' and exists (select from lease_live v where v.cell = a.cell and v.id = r.lease_id))
)
order by a.opened_tick, a.id;
