-- Up Migration
-- Defence in depth: what the scheduler promises is refused by the database too, whoever writes. The checks look at whole
-- statements (transition tables) and not at single rows: a commit of 1,000 leases is then one hash join, not 1,000 queries.
-- JIT is off in them, as up to PostgreSQL 17 the cost of a disabled plan node sets it off.

create table request_transition (
  from_state text not null,
  to_state   text not null,
  primary key (from_state, to_state)
);
insert into request_transition values
  ('queued', 'waiting'), ('queued', 'granted'), ('queued', 'denied'), ('queued', 'expired'), ('queued', 'cancelled'),
  ('waiting', 'granted'), ('waiting', 'denied'), ('waiting', 'expired'), ('waiting', 'cancelled');

create table lease_transition (
  from_state text not null,
  to_state   text not null,
  primary key (from_state, to_state)
);
insert into lease_transition values
  ('granted', 'active'), ('granted', 'released'), ('granted', 'expired'), ('granted', 'revoking'),
  ('active', 'released'), ('active', 'expired'), ('active', 'revoking'),
  ('revoking', 'released'), ('revoking', 'revoked');

create function annona_refuse(promise text, what text, culprit text) returns void
  language plpgsql as $$
begin
  raise exception using
    errcode = 'check_violation',
    message = format('%s: %s (%s)', promise, what, culprit);
end $$;

-- Rows that are never rewritten, and columns that are what they were at the start.
create function annona_guard_immutable() returns trigger
  language plpgsql as $$
begin
  perform annona_refuse('immutable', tg_op || ' on ' || tg_table_name, tg_name);
  return null;
end $$;

create trigger ledger_is_append_only before update or delete or truncate on ledger
  for each statement execute function annona_guard_immutable();
create trigger event_is_append_only before update or delete or truncate on event
  for each statement execute function annona_guard_immutable();
create trigger tick_is_append_only before update or delete or truncate on tick
  for each statement execute function annona_guard_immutable();
create trigger audit_is_append_only before update or delete or truncate on audit
  for each statement execute function annona_guard_immutable();
create trigger request_keeps_what_was_asked
  before update of id, cell, department_id, agent_id, sequence, document, shape_key, opened_tick on request
  for each statement execute function annona_guard_immutable();
create trigger lease_keeps_what_was_granted
  before update of id, cell, department_id, agent_id, request_id, epoch, option_index, allocations, reservations,
    granted_tick, granted_at_ms, start_limit_at_ms on lease
  for each statement execute function annona_guard_immutable();
create trigger extension_keeps_what_was_asked
  before update of id, cell, department_id, agent_id, lease_id, seconds, sequence on extension
  for each statement execute function annona_guard_immutable();

create function annona_guard_request() returns trigger
  language plpgsql set enable_hashjoin = on set enable_nestloop = off set jit = off as $$
declare
  culprit text;
begin
  select n.id into culprit
  from old_rows o join new_rows n on n.id = o.id
    left join request_transition t on t.from_state = o.state and t.to_state = n.state
  where o.state not in ('queued', 'waiting') or (o.state <> n.state and t.to_state is null)
  limit 1;
  if found then perform annona_refuse('S3', 'a request may not move so', culprit); end if;
  return null;
end $$;

create trigger request_moves_forward after update on request
  referencing old table as old_rows new table as new_rows
  for each statement execute function annona_guard_request();

create function annona_guard_new_lease() returns trigger
  language plpgsql as $$
declare
  culprit text;
begin
  select l.id into culprit
  from new_rows l left join (
    select * from request where id = any (array(select request_id from new_rows))
  ) r on r.id = l.request_id
  where r.id is null or r.cell <> l.cell or r.department_id <> l.department_id or r.agent_id <> l.agent_id
    or r.verdict_allow is not true or r.verdict_policy_revision is null or r.verdict_data_revision is null
  limit 1;
  if found then perform annona_refuse('S6', 'a lease needs a recorded allow of its own request', culprit); end if;
  select l.id into culprit
  from new_rows l join request r on r.id = l.request_id
  where r.id = any (array(select request_id from new_rows)) and (r.state <> 'granted' or r.lease_id <> l.id or l.state <> 'granted')
  limit 1;
  if found then perform annona_refuse('S5', 'a lease begins granted, with its Decision', culprit); end if;
  insert into lease_live (cell, id) select cell, id from new_rows;
  return null;
end $$;

create trigger lease_needs_its_decision after insert on lease
  referencing new table as new_rows
  for each statement execute function annona_guard_new_lease();

create function annona_guard_lease() returns trigger
  language plpgsql set enable_hashjoin = on set enable_nestloop = off set jit = off as $$
declare
  culprit text;
begin
  select n.id into culprit
  from old_rows o join new_rows n on n.id = o.id and n.cell = o.cell
    left join lease_transition t on t.from_state = o.state and t.to_state = n.state
  where o.ended_at_ms is not null
    or (o.state <> n.state and t.to_state is null)
    or n.ends_at_ms < o.ends_at_ms
    or (o.activated_at_ms is not null and n.activated_at_ms is distinct from o.activated_at_ms)
  limit 1;
  if found then perform annona_refuse('S9', 'a lease may not move so', culprit); end if;
  -- No live lease is without its entry: `lease_live` follows the rows, whoever writes them.
  delete from lease_live v using new_rows n
  where n.ended_at_ms is not null and v.cell = n.cell and v.id = n.id;
  return null;
end $$;

create trigger lease_moves_forward after update on lease
  referencing old table as old_rows new table as new_rows
  for each statement execute function annona_guard_lease();

-- A capacity that was cut while full stays over-full until leases end: only rising above it is refused.
create function annona_guard_capacity() returns trigger
  language plpgsql set enable_hashjoin = on set enable_nestloop = off set jit = off as $$
declare
  culprit text;
begin
  select n.key into culprit
  from old_rows o join new_rows n on n.cell = o.cell and n.key = o.key
  where n.used > o.used and n.used > n.capacity
  limit 1;
  if found then perform annona_refuse('S1', 'over capacity', culprit); end if;
  return null;
end $$;

create trigger capacity_is_kept after update on capacity_use
  referencing old table as old_rows new table as new_rows
  for each statement execute function annona_guard_capacity();

create function annona_guard_account() returns trigger
  language plpgsql set enable_hashjoin = on set enable_nestloop = off set jit = off as $$
declare
  culprit text;
begin
  select n.account || '/' || n.period into culprit
  from old_rows o join new_rows n on n.cell = o.cell and n.account = o.account and n.period = o.period
  where (n.reserved + n.spent > o.reserved + o.spent and n.reserved + n.spent > n.budget) or n.spent < o.spent
  limit 1;
  if found then perform annona_refuse('S2', 'over budget', culprit); end if;
  return null;
end $$;

create trigger budget_is_kept after update on account_use
  referencing old table as old_rows new table as new_rows
  for each statement execute function annona_guard_account();

create function annona_guard_tick() returns trigger
  language plpgsql as $$
declare
  last record;
begin
  select t.tick, t.epoch into last from tick t
  where t.cell = new.cell and t.tick <> new.tick
  order by t.tick desc limit 1;
  if found and (last.epoch > new.epoch or last.tick > new.tick) then
    perform annona_refuse('S8', 'ticks and epochs rise', format('tick %s of epoch %s', new.tick, new.epoch));
  end if;
  return null;
end $$;

create trigger tick_rises after insert on tick
  for each row execute function annona_guard_tick();
create trigger leader_epoch_rises before update on leader
  for each row when (new.epoch < old.epoch) execute function annona_guard_immutable();
