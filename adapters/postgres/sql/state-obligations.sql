select o.request_id as id, o.document
from obligation o join request r on r.id = o.request_id
where o.cell = $1 and (
  r.state in ('queued', 'waiting') or exists (select from lease_live v where v.cell = o.cell and v.id = r.lease_id)
);
