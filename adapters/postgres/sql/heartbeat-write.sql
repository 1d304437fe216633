-- One group of heartbeats: $1 items. Fenced by epoch, for live leases that the caller may see; a time stamp never moves back.
-- Two cells may have a lease of one id: whoever may see both means the one whose epoch he shows.
with item as materialized (
  select * from rows from (json_to_recordset($1::json) as (lease text, epoch bigint, reach text, department text, agent text, checkpoint bigint))
    with ordinality as i (lease, epoch, reach, department, agent, checkpoint, n)
), found as materialized (
  select distinct on (i.n) i.n, i.checkpoint, i.epoch = l.epoch as fenced, l.id, l.cell, l.department_id, l.epoch, l.state,
    least(l.ends_at_ms, (l.revocation ->> 'graceEndsAt')::bigint) as ends_at_ms,
    l.ended_at_ms is null as live
  from item i join lease l on l.id = i.lease
    and (i.reach = 'all' or (l.department_id = i.department and (i.reach = 'department' or l.agent_id = i.agent)))
  order by i.n, (i.epoch = l.epoch) desc, l.cell
), beat as (
  insert into heartbeat as h (lease_id, cell, department_id, at_ms, checkpoint_at_ms)
  select id, cell, min(department_id), annona_now(), max(checkpoint) from found where fenced and live group by id, cell order by id, cell
  on conflict (lease_id, cell) do update set at_ms = greatest(h.at_ms, excluded.at_ms),
    checkpoint_at_ms = greatest(h.checkpoint_at_ms, excluded.checkpoint_at_ms)
  returning lease_id, cell, at_ms
)
select f.epoch, f.state, f.ends_at_ms as "endsAt", f.fenced, f.live, b.at_ms as at
from item i left join found f on f.n = i.n left join beat b on b.lease_id = f.id and b.cell = f.cell
order by i.n;
