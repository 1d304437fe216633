-- Ticks after $2 with all that went in and came out, as a replay reads them.
select t.tick, t.record,
  coalesce((
    select json_agg(json_build_object('id', i.id, 'receivedAt', i.received_at_ms, 'actor', i.actor, 'command', i.command) order by i.id)
    from intake i where i.cell = t.cell and i.tick = t.tick
  ), '[]') as rows,
  coalesce((
    select json_agg(json_build_object('id', e.id, 'sequence', e.sequence, 'tick', e.tick, 'epoch', e.epoch, 'type', e.type, 'at', e.at_ms,
      'department', e.department_id, 'agent', e.agent_id, 'request', e.request_id, 'lease', e.lease_id,
      'policyRevision', e.policy_revision, 'data', e.data) order by e.sequence)
    from event e where e.cell = t.cell and e.tick = t.tick
  ), '[]') as events
from tick t where t.cell = $1 and t.tick > $2::bigint and t.tick <= $3::bigint order by t.tick limit $4::integer;
