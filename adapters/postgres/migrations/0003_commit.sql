-- Up Migration
-- One tick, one call, one transaction: everything it writes or nothing. Rows come as JSON arrays in the words of the
-- scheduler's domain; a part that is null is skipped. Documents come beside their rows, one a line: within an array of JSON each
-- would be parsed three times, and parsing was a third of a commit. Called by tickStore.ts over the leader's own connection.

-- Makes capacities and budgets those of a stored revision. Keys that it does not name stay, with nothing left to take.
create function annona_apply_configuration(p_cell text, p_revision text) returns void
  language plpgsql as $$
declare
  v_capacities json;
  v_budgets    json;
begin
  select capacities, budgets into v_capacities, v_budgets
  from configuration_revision where cell = p_cell and revision = p_revision;
  if not found then
    raise exception using errcode = 'foreign_key_violation', message = format('S14: revision %s of %s is not stored', p_revision, p_cell);
  end if;

  insert into capacity_use as c (cell, key, capacity, consumable)
  select p_cell, r.key, r.capacity, r.consumable
  from json_to_recordset(v_capacities) as r (key text, capacity bigint, consumable boolean)
  order by r.key collate "C"
  on conflict (cell, key) do update set capacity = excluded.capacity, consumable = excluded.consumable
  where (c.capacity, c.consumable) is distinct from (excluded.capacity, excluded.consumable);
  update capacity_use set capacity = 0
  where cell = p_cell and capacity <> 0
    and key not in (select r.key from json_to_recordset(v_capacities) as r (key text));

  insert into account_use as a (cell, account, period, budget)
  select p_cell, r.account, r.period, r.budget
  from json_to_recordset(v_budgets) as r (account text, period text, budget bigint)
  order by r.account collate "C", r.period collate "C"
  on conflict (cell, account, period) do update set budget = excluded.budget
  where a.budget is distinct from excluded.budget;
  update account_use set budget = 0
  where cell = p_cell and budget <> 0
    and (account, period) not in (select r.account, r.period from json_to_recordset(v_budgets) as r (account text, period text));

  update cell_head set applied_revision = p_revision where cell = p_cell;
end $$;

-- A new revision counts from the next tick that is decided under it. Until then a tick that is under way must still fit:
-- so new keys are made and limits raised at once, and only the commit of such a tick lowers any.
create function annona_store_configuration(p_cell text, p_revision text, p_document json, p_capacities json, p_budgets json) returns void
  language plpgsql as $$
begin
  insert into cell_head (cell) values (p_cell)
  on conflict (cell) do update set applied_revision = null where cell_head.applied_revision <> p_revision;
  perform from cell_head where cell = p_cell for update;
  update configuration_revision set current = false where cell = p_cell and current and revision <> p_revision;
  insert into configuration_revision (cell, revision, document, capacities, budgets, current)
  values (p_cell, p_revision, p_document, p_capacities, p_budgets, true)
  on conflict (cell, revision) do update set current = true;
  insert into capacity_use as c (cell, key, capacity, consumable)
  select p_cell, r.key, r.capacity, r.consumable
  from json_to_recordset(p_capacities) as r (key text, capacity bigint, consumable boolean)
  order by r.key collate "C"
  on conflict (cell, key) do update set capacity = excluded.capacity where c.capacity < excluded.capacity;
  insert into account_use as a (cell, account, period, budget)
  select p_cell, r.account, r.period, r.budget
  from json_to_recordset(p_budgets) as r (account text, period text, budget bigint)
  order by r.account collate "C", r.period collate "C"
  on conflict (cell, account, period) do update set budget = excluded.budget where a.budget < excluded.budget;
end $$;

-- Audit entries take the next numbers of the cell. The digest covers the entry alone. Stable and not immutable, as `array_to_json` is:
-- only then is it inlined, which takes a third of calling it.
create function annona_audit_digest(p_cell text, p_sequence bigint, p_tick bigint, p_parts text[]) returns text
  language sql stable parallel safe
  return encode(sha256(convert_to(array_to_json(array[p_cell, p_sequence::text, p_tick::text] || p_parts)::text, 'UTF8')), 'hex');

create function annona_commit_intake(p_cell text, p_tick bigint, p_now bigint, p_intake bigint[]) returns void
  language plpgsql as $$
declare
  v_stamped integer;
begin
  with stamped as (
    update intake set tick = p_tick
    where id = any (p_intake) and cell = p_cell and tick is null
    returning id, department_id, actor_subject, act, object_id
  ), entry as (
    select row_number() over (order by id) + h.audit_sequence as sequence, s.*
    from stamped s cross join (select audit_sequence from cell_head where cell = p_cell) h
  )
  insert into audit (cell, sequence, tick, at_ms, department_id, actor, act, object_id, digest)
  select p_cell, sequence, p_tick, p_now, department_id, actor_subject, act, object_id,
    annona_audit_digest(p_cell, sequence, p_tick, array[p_now::text, department_id, actor_subject, act, object_id])
  from entry;
  get diagnostics v_stamped = row_count;
  if v_stamped <> cardinality(p_intake) then
    perform annona_refuse('S3', 'an intake row is folded once', format('%s of %s', v_stamped, cardinality(p_intake)));
  end if;
  update cell_head set audit_sequence = audit_sequence + v_stamped where cell = p_cell;
end $$;

-- Answers with the number of grants. A request that is opened and decided in one tick is inserted as it was decided.
create function annona_commit_requests(p_cell text, p_tick bigint, p_now bigint, p_opened json, p_documents text, p_decided json) returns integer
  language plpgsql as $$
declare
  v_changed     integer;
  v_granted     integer;
  v_ids         text[];
  v_departments text[];
  v_states      text[];
begin
  if p_opened is not null then
    with written as (
      insert into request (id, cell, department_id, agent_id, sequence, document, shape_key, opened_tick, state,
        verdict_allow, verdict_codes, verdict_policy_revision, verdict_data_revision, reasons, lease_id, decided_tick, decided_at_ms)
      select id, p_cell, department, agent, sequence, document::json, "shapeKey", p_tick, state,
        allow, codes, "policyRevision", "dataRevision", coalesce(reasons, '[]'), lease,
        case when state <> 'queued' then p_tick end, case when state <> 'queued' then p_now end
      from rows from (
        json_to_recordset(p_opened) as (id text, department text, agent text, sequence bigint, "shapeKey" text,
          state text, allow boolean, codes json, "policyRevision" text, "dataRevision" text, reasons json, lease text),
        string_to_table(p_documents, E'\n')
      ) as r (id, department, agent, sequence, "shapeKey", state, allow, codes, "policyRevision", "dataRevision", reasons, lease, document)
      returning id, department_id, state
    )
    select array_agg(id), array_agg(department_id), array_agg(state) into v_ids, v_departments, v_states
    from written where state not in ('queued', 'waiting');
  end if;
  if p_decided is not null then
    -- No state: a verdict alone. No policy revision: a Decision alone.
    with d as materialized (
      select * from json_to_recordset(p_decided) as d (id text, state text, allow boolean, codes json, "policyRevision" text,
        "dataRevision" text, reasons json, lease text)
    ), written as (
      update request r set
        state = coalesce(d.state, r.state),
        reasons = coalesce(d.reasons, r.reasons),
        lease_id = coalesce(d.lease, r.lease_id),
        decided_tick = case when d.state is null then r.decided_tick else p_tick end,
        decided_at_ms = case when d.state is null then r.decided_at_ms else p_now end,
        verdict_allow = coalesce(d.allow, r.verdict_allow),
        verdict_codes = coalesce(d.codes, r.verdict_codes),
        verdict_policy_revision = coalesce(d."policyRevision", r.verdict_policy_revision),
        verdict_data_revision = coalesce(d."dataRevision", r.verdict_data_revision)
      from d
      where r.id = any (array(select id from d)) and r.id = d.id and r.cell = p_cell
      returning r.id, r.department_id, d.state
    )
    select count(*), v_ids || array_agg(id) filter (where state <> 'waiting'),
      v_departments || array_agg(department_id) filter (where state <> 'waiting'), v_states || array_agg(state) filter (where state <> 'waiting')
    into v_changed, v_ids, v_departments, v_states from written;
    if v_changed <> json_array_length(p_decided) then
      perform annona_refuse('S3', 'a Decision needs its request', format('%s of %s', v_changed, json_array_length(p_decided)));
    end if;
  end if;
  if v_ids is null then return 0; end if;
  -- One audit entry a terminal outcome, in the order of the ids.
  with entry as (
    select row_number() over (order by d.id collate "C") + h.audit_sequence as sequence, d.*
    from unnest(v_ids, v_departments, v_states) as d (id, department, state)
      cross join (select audit_sequence from cell_head where cell = p_cell) h
  ), written as (
    insert into audit (cell, sequence, tick, at_ms, department_id, actor, act, object_id, digest)
    select p_cell, sequence, p_tick, p_now, department, 'leader', state, id,
      annona_audit_digest(p_cell, sequence, p_tick, array[p_now::text, department, 'leader', state, id])
    from entry
    returning act
  )
  select count(*), count(*) filter (where act = 'granted') into v_changed, v_granted from written;
  update cell_head set audit_sequence = audit_sequence + v_changed where cell = p_cell;
  return v_granted;
end $$;

-- A lease carries the epoch that granted it: the commit's. Answers with the number of new leases.
create function annona_commit_leases(
  p_cell text, p_tick bigint, p_epoch bigint, p_granted json, p_allocations text, p_reservations text, p_activated json, p_extended json,
  p_ended json, p_taken json
) returns integer
  language plpgsql as $$
declare
  v_granted integer := 0;
  v_changed integer;
  v_wanted  integer;
  v_over    text;
begin
  if p_granted is not null then
    insert into lease (id, cell, department_id, agent_id, request_id, epoch, option_index, allocations, reservations, state,
      granted_tick, granted_at_ms, start_limit_at_ms, ends_at_ms)
    select id, p_cell, department, agent, request, p_epoch, option, allocations::json, reservations::json, state,
      p_tick, "grantedAt", "startLimitAt", "endsAt"
    from rows from (
      json_to_recordset(p_granted) as (id text, department text, agent text, request text, option integer, state text,
        "grantedAt" bigint, "startLimitAt" bigint, "endsAt" bigint),
      string_to_table(p_allocations, E'\n'),
      string_to_table(p_reservations, E'\n')
    ) as l (id, department, agent, request, option, state, "grantedAt", "startLimitAt", "endsAt", allocations, reservations);
    get diagnostics v_granted = row_count;
  end if;
  if p_activated is not null then
    with a as materialized (
      select * from json_to_recordset(p_activated) as a (id text, at bigint)
    )
    update lease l set state = 'active', activated_at_ms = a.at
    from a
    where l.id = any (array(select id from a)) and l.id = a.id and l.cell = p_cell;
    get diagnostics v_changed = row_count;
    if v_changed <> json_array_length(p_activated) then perform annona_refuse('S9', 'no such lease', 'activated'); end if;
  end if;
  if p_extended is not null then
    with e as materialized (
      select * from json_to_recordset(p_extended) as e (id text, "endsAt" bigint)
    )
    update lease l set ends_at_ms = e."endsAt", extended = true
    from e
    where l.id = any (array(select id from e)) and l.id = e.id and l.cell = p_cell;
    get diagnostics v_changed = row_count;
    if v_changed <> json_array_length(p_extended) then perform annona_refuse('S9', 'no such lease', 'extended'); end if;
  end if;
  -- Capacity moves once, taken and returned together, before the ended leases lose the state that says what returns:
  -- a consumable is gone once its window began, or once its lease was taken up.
  if p_taken is not null or p_ended is not null then
    with e as materialized (
      select * from json_to_recordset(p_ended) as e (id text, at bigint)
    ), held as materialized (
      select a.pool || coalesce('@' || a."window", '') as key, a.quantity,
        case when a."window" is null then l.state = 'granted' else e.at < a."startsAt" end as unbegun
      from e join lease l on l.id = e.id
        cross join lateral json_to_recordset(l.allocations) as a (pool text, "window" text, quantity bigint, "startsAt" bigint)
      where l.id = any (array(select id from e)) and l.cell = p_cell
    ), returned as (
      select h.key, sum(h.quantity) as quantity
      from held h
        left join (
          select key, consumable from capacity_use where cell = p_cell and key = any (array(select key from held))
        ) c on c.key = h.key
      where h.unbegun or c.consumable is not true
      group by h.key
    ), moved as materialized (
      select key, sum(taken) as taken, sum(back) as back
      from (
        select key, quantity as taken, 0 as back from json_to_recordset(p_taken) as t (key text, quantity bigint)
        union all
        select key, 0, quantity from returned
      ) both_ways
      group by key
    ), changed as (
      update capacity_use c set used = c.used + m.taken - m.back
      from moved m
      where c.cell = p_cell and c.key = any (array(select key from moved)) and c.key = m.key
      returning c.key, c.used, c.capacity, m.taken
    )
    select (select count(*) from moved), (select count(*) from changed),
      (select key from changed where taken > 0 and used > capacity limit 1)
    into v_wanted, v_changed, v_over;
    if v_wanted <> v_changed then perform annona_refuse('S1', 'units of an unknown pool or window', format('%s of %s', v_changed, v_wanted)); end if;
    if v_over is not null then perform annona_refuse('S1', 'granted while over capacity', v_over); end if;
  end if;
  if p_ended is not null then
    with e as materialized (
      select * from json_to_recordset(p_ended) as e (id text, state text, at bigint, cause text)
    )
    update lease l set state = e.state, ended_at_ms = e.at, ended_tick = p_tick, end_cause = e.cause
    from e
    where l.id = any (array(select id from e)) and l.id = e.id and l.cell = p_cell;
    get diagnostics v_changed = row_count;
    if v_changed <> json_array_length(p_ended) then perform annona_refuse('S9', 'no such lease', 'ended'); end if;
  end if;
  return v_granted;
end $$;

create function annona_commit_extensions(p_cell text, p_tick bigint, p_opened json, p_decided json) returns void
  language plpgsql as $$
declare
  v_changed integer;
begin
  if p_opened is not null then
    insert into extension (id, cell, department_id, agent_id, lease_id, seconds, sequence)
    select id, p_cell, department, agent, lease, seconds, sequence
    from json_to_recordset(p_opened) as e (id text, department text, agent text, lease text, seconds bigint, sequence bigint);
  end if;
  if p_decided is not null then
    with d as materialized (
      select * from json_to_recordset(p_decided) as d (id text, outcome text, "endsAt" bigint, reservations json, reasons json)
    )
    update extension e set outcome = d.outcome, ends_at_ms = d."endsAt", reservations = d.reservations, reasons = d.reasons,
      decided_tick = p_tick
    from d
    where e.id = any (array(select id from d)) and e.id = d.id and e.cell = p_cell and e.outcome = 'pending';
    get diagnostics v_changed = row_count;
    if v_changed <> json_array_length(p_decided) then perform annona_refuse('S3', 'an extension is decided once', 'extension'); end if;
  end if;
end $$;

-- The lines as they are kept, and what they move in sum per account and period.
create function annona_commit_ledger(p_cell text, p_tick bigint, p_ledger json, p_moved json) returns void
  language plpgsql as $$
declare
  v_wanted  integer;
  v_changed integer;
begin
  with e as materialized (
    select * from json_to_recordset(p_ledger) as e (source text, type text, lease text, accounts text[], periods text[], amounts bigint[])
  ), written as (
    insert into ledger (cell, source_id, type, department_id, lease_id, accounts, periods, amounts, tick)
    select p_cell, e.source, e.type, l.department_id, e.lease, e.accounts, e.periods, e.amounts, p_tick
    from e join lease l on l.id = e.lease
    where l.id = any (array(select lease from e)) and l.cell = p_cell
    returning 1
  )
  select (select count(*) from e), (select count(*) from written) into v_wanted, v_changed;
  if v_changed <> v_wanted then perform annona_refuse('S2', 'a ledger entry needs its lease', 'ledger'); end if;

  with m as materialized (
    select * from json_to_recordset(p_moved) as m (account text, period text, reserved bigint, spent bigint)
  )
  update account_use a set reserved = a.reserved + m.reserved, spent = a.spent + m.spent
  from m
  where a.cell = p_cell and a.account = any (array(select account from m)) and a.account = m.account and a.period = m.period;
  get diagnostics v_changed = row_count;
  if v_changed <> json_array_length(p_moved) then
    perform annona_refuse('S2', 'an entry of an unknown account or period', format('%s of %s', v_changed, json_array_length(p_moved)));
  end if;
end $$;

-- Tick and epoch are the commit's own, and the numbers follow one another from the first, so none of them is sent with each event.
create function annona_commit_events(p_cell text, p_tick bigint, p_epoch bigint, p_last bigint, p_first bigint, p_events json, p_data text)
  returns bigint
  language plpgsql as $$
declare
  v_written integer;
begin
  if p_first <> p_last + 1 then
    perform annona_refuse('S10', 'events take the next numbers of the cell', format('%s after %s', p_first, p_last));
  end if;
  insert into event (cell, sequence, id, tick, epoch, type, at_ms, department_id, agent_id, request_id, lease_id, policy_revision, data)
  select p_cell, p_last + n, id, p_tick, p_epoch, type, at, department, agent, request, lease, "policyRevision", data::json
  from rows from (
    json_to_recordset(p_events) as (id text, type text, at bigint, department text, agent text, request text,
      lease text, "policyRevision" text),
    string_to_table(p_data, E'\n')
  ) with ordinality as e (id, type, at, department, agent, request, lease, "policyRevision", data, n);
  get diagnostics v_written = row_count;
  return p_last + v_written;
end $$;

create function annona_commit_tick(
  p_cell text, p_epoch bigint, p_tick bigint, p_now bigint, p_digest text, p_previous_digest text, p_configuration text, p_record text,
  p_intake bigint[], p_opened json, p_documents text, p_decided json, p_granted json, p_allocations text, p_reservations text,
  p_activated json, p_extended json, p_ended json, p_taken json, p_extensions_opened json, p_extensions_decided json,
  p_ledger json, p_moved json, p_first_sequence bigint, p_events json, p_event_data text, p_fold_sequence bigint
) returns text
  -- A plan made while a table was small is kept as it grows. So no plan may depend on a size: each table is entered by its primary
  -- key (`= any (array(...))`) and what was found is hashed. Nested loops chosen for an empty table took 7 s for 1,000 rows later.
  -- Up to PostgreSQL 17 a disabled node costs 10^10, which sets off the JIT compiler: 1 s a statement, so it is off too.
  language plpgsql set enable_seqscan = off set enable_nestloop = off set enable_mergejoin = off set jit = off as $$
declare
  v_epoch  bigint;
  v_digest text;
  v_head   cell_head;
  v_grants integer := 0;
  v_leases integer := 0;
begin
  -- The lock is held to the end: a rival's election waits for it, and then fences whatever we send next.
  select epoch into v_epoch from leader where cell = p_cell for update;
  select digest into v_digest from tick where cell = p_cell and tick = p_tick and epoch = p_epoch;
  if v_digest = p_digest then return 'committed'; end if;
  if v_epoch is distinct from p_epoch then return 'epochLost'; end if;
  if v_digest is not null then perform annona_refuse('S8', 'one digest a tick', format('tick %s', p_tick)); end if;

  insert into cell_head (cell) values (p_cell) on conflict do nothing;
  select * into v_head from cell_head where cell = p_cell for update;
  if p_tick <= v_head.tick or p_epoch < v_head.epoch then
    perform annona_refuse('S8', 'ticks and epochs rise', format('tick %s of epoch %s', p_tick, p_epoch));
  end if;
  if p_previous_digest <> v_head.tick_digest then
    perform annona_refuse('S8', 'a tick is chained to the one before', format('tick %s', p_tick));
  end if;
  if v_head.applied_revision is distinct from p_configuration then
    perform annona_apply_configuration(p_cell, p_configuration);
  end if;

  insert into tick (cell, tick, epoch, digest, previous_digest, configuration_revision, record, bytes)
  values (p_cell, p_tick, p_epoch, p_digest, p_previous_digest, p_configuration, p_record::json, octet_length(p_record));
  if p_intake is not null then perform annona_commit_intake(p_cell, p_tick, p_now, p_intake); end if;
  if p_opened is not null or p_decided is not null then
    v_grants := annona_commit_requests(p_cell, p_tick, p_now, p_opened, p_documents, p_decided);
  end if;
  if coalesce(p_granted, p_activated, p_extended, p_ended, p_taken) is not null then
    v_leases := annona_commit_leases(p_cell, p_tick, p_epoch, p_granted, p_allocations, p_reservations, p_activated, p_extended,
      p_ended, p_taken);
  end if;
  -- Each lease has a Decision of its own (a trigger sees to it), so equal numbers mean one lease a grant.
  if v_grants <> v_leases then
    perform annona_refuse('S5', 'a grant and its lease go together', format('%s grants, %s leases', v_grants, v_leases));
  end if;
  if p_extensions_opened is not null or p_extensions_decided is not null then
    perform annona_commit_extensions(p_cell, p_tick, p_extensions_opened, p_extensions_decided);
  end if;
  if p_ledger is not null then perform annona_commit_ledger(p_cell, p_tick, p_ledger, p_moved); end if;
  if p_events is not null then
    v_head.event_sequence := annona_commit_events(p_cell, p_tick, p_epoch, v_head.event_sequence, p_first_sequence, p_events, p_event_data);
  end if;
  update cell_head set tick = p_tick, tick_digest = p_digest, epoch = p_epoch, event_sequence = v_head.event_sequence,
    fold_sequence = greatest(fold_sequence, p_fold_sequence)
  where cell = p_cell;
  return 'committed';
end $$;
