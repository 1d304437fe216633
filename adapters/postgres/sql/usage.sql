-- What was asked, granted, denied, held, settled and left unused in a span of time, in groups: a part a line, merged by usage.ts.
-- $1 cell, $2 from, $3 to, $4 department, $5 agent; $6-$9 whether groups are departments, classes, kinds, agents; $10 and $11 root
-- accounts and their currencies.
with span as materialized (
  select coalesce(annona_first_tick($1, $2::bigint), 9223372036854775807) as first,
    coalesce(annona_first_tick($1, $3::bigint), 9223372036854775807) as beyond
), held_then as materialized (
  -- Leases that lived in the span: whatever was granted, ended, held or settled in it is among them.
  select l.id, l.request_id, l.allocations, l.state, l.granted_tick, l.granted_at_ms, l.ends_at_ms, l.activated_at_ms, l.ended_tick,
    l.ended_at_ms
  from lease l
  where l.cell = $1 and ($4::text is null or l.department_id = $4) and ($5::text is null or l.agent_id = $5)
    and l.ended_tick >= (select first from span) and l.granted_tick < (select beyond from span)
  union all
  select l.id, l.request_id, l.allocations, l.state, l.granted_tick, l.granted_at_ms, l.ends_at_ms, l.activated_at_ms, l.ended_tick,
    l.ended_at_ms
  from lease l
  where l.cell = $1 and ($4::text is null or l.department_id = $4) and ($5::text is null or l.agent_id = $5)
    and l.id = any (array(select v.id from lease_live v where v.cell = $1))
    and l.ended_tick is null and l.granted_tick < (select beyond from span)
), asked_then as materialized (
  select r.id
  from request r
  where r.cell = $1 and ($4::text is null or r.department_id = $4) and ($5::text is null or r.agent_id = $5)
    and r.opened_tick >= (select first from span) and r.opened_tick < (select beyond from span)
), wanted as (
  -- Looked up a second time and not kept: the documents would fill the disk.
  select r.id, r.department_id, r.agent_id, r.state, r.opened_tick, r.decided_tick, r.document
  from request r
  where r.cell = $1 and ($4::text is null or r.department_id = $4) and ($5::text is null or r.agent_id = $5)
    and r.opened_tick >= (select first from span) and r.opened_tick < (select beyond from span)
  union all
  -- Asked before, denied within.
  select r.id, r.department_id, r.agent_id, r.state, r.opened_tick, r.decided_tick, r.document
  from request r
  where r.cell = $1 and ($4::text is null or r.department_id = $4) and ($5::text is null or r.agent_id = $5)
    and r.state = 'denied' and r.opened_tick < (select first from span)
    and r.decided_tick >= (select first from span) and r.decided_tick < (select beyond from span)
  union all
  -- Asked before, and granted within or held since.
  select r.id, r.department_id, r.agent_id, r.state, r.opened_tick, r.decided_tick, r.document
  from request r
  where r.cell = $1 and r.state = 'granted' and r.opened_tick < (select first from span)
    and r.id = any (array(select h.request_id from held_then h where not exists (select from asked_then a where a.id = h.request_id)))
), owned as materialized (
  -- What the groups need of a request, and not its document, which is most of it.
  select r.id, r.state, r.opened_tick, r.decided_tick, (r.document ->> 'submittedAt')::bigint as submitted_at,
    case when $6::boolean then r.department_id end as department, case when $9::boolean then r.agent_id end as agent,
    case when $7::boolean then r.document #>> '{terms,class}' end as class,
    case when $8::boolean then (
      select array_agg(distinct c.claim ->> 'kind')
      from json_array_elements(r.document -> 'options') as o (option), json_array_elements(o.option -> 'claims') as c (claim)
    ) else array[null::text] end as kinds
  from wanted r
), asked as (
  select department, class, kind, agent, count(*) filter (where opened_tick >= first and opened_tick < beyond) as requests,
    count(*) filter (where state = 'denied' and decided_tick >= first and decided_tick < beyond) as denied
  from owned cross join span cross join lateral unnest(kinds) as k (kind)
  where (opened_tick >= first and opened_tick < beyond) or (state = 'denied' and decided_tick >= first and decided_tick < beyond)
  group by department, class, kind, agent
), held as (
  select o.department, o.class, o.agent, o.submitted_at, l.id, l.allocations, l.state, l.granted_tick, l.granted_at_ms, l.ends_at_ms,
    l.activated_at_ms, l.ended_tick, l.ended_at_ms
  from held_then l join owned o on o.id = l.request_id
), held_kind as (
  select h.*, k.kind as group_kind
  from held h cross join lateral (
    select distinct a.kind from json_to_recordset(h.allocations) as a (kind text) where $8::boolean
    union all
    select null where not $8::boolean
  ) k
), granted as (
  select department, class, group_kind as kind, agent, count(*) as granted,
    floor(avg(granted_at_ms - submitted_at))::bigint as mean,
    percentile_disc(0.5) within group (order by granted_at_ms - submitted_at) as p50,
    percentile_disc(0.95) within group (order by granted_at_ms - submitted_at) as p95
  from held_kind cross join span
  where granted_tick >= first and granted_tick < beyond
  group by department, class, group_kind, agent
), unused as (
  select department, class, group_kind as kind, agent, count(*) as unused
  from held_kind cross join span
  where state = 'expired' and activated_at_ms is null and ended_tick >= first and ended_tick < beyond
  group by department, class, group_kind, agent
), units as (
  select h.department, h.class, case when $8::boolean then a.kind end as kind, h.agent, a.kind as name,
    floor(sum(a.quantity * (
      least(case when a."window" is null then h.ends_at_ms else a."endsAt" end, h.ended_at_ms, $3) - greatest(a."startsAt", $2)
    )) / 1000)::bigint as amount
  from held h cross join lateral
    json_to_recordset(h.allocations) as a (kind text, "window" text, quantity numeric, "startsAt" bigint, "endsAt" bigint)
  where h.granted_at_ms < $3 and (h.ended_at_ms is null or h.ended_at_ms > $2)
    and greatest(a."startsAt", $2) < least(case when a."window" is null then h.ends_at_ms else a."endsAt" end, h.ended_at_ms, $3)
  group by h.department, h.class, case when $8::boolean then a.kind end, h.agent, a.kind
), settled as (
  select h.department, h.class, h.agent, r.currency as name, sum(e.amount)::bigint as amount
  from ledger g cross join span join held h on h.id = g.lease_id
    cross join lateral unnest(g.accounts, g.amounts) as e (account, amount)
    join unnest($10::text[], $11::text[]) as r (account, currency) on r.account = e.account
  where g.cell = $1 and g.type = 'settle' and g.tick >= first and g.tick < beyond and not $8::boolean
  group by h.department, h.class, h.agent, r.currency
)
select 'asked' as part, department, class, kind, agent, null as name, requests as amount, denied as other, null::bigint as p50, null::bigint as p95
from asked
union all
select 'granted', department, class, kind, agent, null, granted, mean, p50, p95 from granted
union all
select 'unused', department, class, kind, agent, null, unused, null, null, null from unused
union all
select 'units', department, class, kind, agent, name, amount, null, null, null from units
union all
select 'settled', department, class, null, agent, name, amount, null, null, null from settled;
