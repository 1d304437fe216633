-- One group of intake items, one outcome an item. $1 writer, $2 number of the group, $3 groups below it whose reply was seen,
-- $4 items, $5 how long a submit key is kept. A group that is there already breaks intake_group_pkey: it was committed
-- and its reply lost, and intake-group.sql has its outcomes.
with clock as materialized (
  select annona_now() as now
), item as materialized (
  select i.*, nextval('intake_id_seq') as id
  from rows from (json_to_recordset($4::json) as (cell text, department text, agent text, subject text, act text, object text,
    actor json, command json, "keyAgent" text, key text, digest text, trace text)) with ordinality
    as i (cell, department, agent, subject, act, object, actor, command, "keyAgent", key, digest, trace, n)
), first as (
  select distinct on (cell, "keyAgent", key) * from item where key is not null order by cell, "keyAgent", key, n
), claimed as (
  -- An update that changes nothing still returns the row, also one that a concurrent group wrote after our snapshot.
  insert into submit_key as k (cell, agent_id, client_request_id, department_id, request_id, digest, intake_id, received_at_ms)
  select cell, "keyAgent", key, department, object, digest, id, now from first, clock order by cell, "keyAgent", key
  on conflict (cell, agent_id, client_request_id) do update set
    department_id = case when k.received_at_ms <= excluded.received_at_ms - $5::bigint then excluded.department_id else k.department_id end,
    request_id = case when k.received_at_ms <= excluded.received_at_ms - $5::bigint then excluded.request_id else k.request_id end,
    digest = case when k.received_at_ms <= excluded.received_at_ms - $5::bigint then excluded.digest else k.digest end,
    intake_id = case when k.received_at_ms <= excluded.received_at_ms - $5::bigint then excluded.intake_id else k.intake_id end,
    received_at_ms = case when k.received_at_ms <= excluded.received_at_ms - $5::bigint then excluded.received_at_ms else k.received_at_ms end
  returning cell, agent_id, client_request_id, request_id, digest, intake_id, received_at_ms
), outcome as materialized (
  select i.n,
    case when i.key is null or c.intake_id = i.id then 'accepted' when c.digest = i.digest then 'replayed' else 'mismatch' end as type,
    i.id as intake, coalesce(c.received_at_ms, clock.now) as "receivedAt", c.request_id as request
  from item i cross join clock
    left join claimed c on c.cell = i.cell and c.agent_id = i."keyAgent" and c.client_request_id = i.key
), written as (
  insert into intake (id, cell, department_id, agent_id, actor_subject, act, object_id, actor, command, received_at_ms)
  select i.id, i.cell, i.department, i.agent, i.subject, i.act, i.object, i.actor, i.command, o."receivedAt"
  from item i join outcome o on o.n = i.n
  where o.type = 'accepted'
  order by i.n
), traced as (
  insert into request_trace (request_id, department_id, trace_parent, written_at_ms)
  select i.object, i.department, i.trace, o."receivedAt" from item i join outcome o on o.n = i.n
  where o.type = 'accepted' and i.act = 'submit' and i.trace is not null
  on conflict do nothing
), seen as (
  delete from intake_group where writer = $1::uuid and number < $3::bigint
), kept as (
  insert into intake_group (writer, number, outcomes)
  select $1::uuid, $2::bigint, json_agg(outcome order by n) from outcome
)
select type, intake, "receivedAt", request from outcome order by n;
