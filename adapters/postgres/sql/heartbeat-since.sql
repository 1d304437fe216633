-- $1 cell, $2 since, $3 margin: a heartbeat takes its time stamp before it commits, so what is younger than the margin may not be seen yet.
select c.now - $3::bigint as "readThrough", h.lease_id as lease, h.at_ms as at,
  h.checkpoint_at_ms as "checkpointAt"
from (select annona_now() as now) c
  left join (
    select h.lease_id, h.at_ms, h.checkpoint_at_ms from heartbeat h join lease_live l on l.cell = h.cell and l.id = h.lease_id
    where h.cell = $1 and h.at_ms >= $2::bigint
  ) h on true
order by h.lease_id;
