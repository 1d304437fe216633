-- Up Migration
-- While one lease holds a dataset exclusively no other may hold anything of it, whatever a leader believes. The mark stands beside the units,
-- so that a commit reads and writes no row more than before: it is set with the grant and goes when what was held before is given back.

alter table capacity_use add column exclusive boolean not null default false;

-- A lease carries the epoch that granted it: the commit's. Answers with the number of new leases.
create or replace function annona_commit_leases(
  p_cell text, p_tick bigint, p_epoch bigint, p_granted json, p_allocations text, p_reservations text, p_activated json, p_extended json,
  p_ended json, p_taken json
) returns integer
  language plpgsql as $$
declare
  v_granted integer := 0;
  v_changed integer;
  v_wanted  integer;
  v_over    text;
  v_beside  text;
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
      select key, sum(taken) as taken, sum(back) as back, max(leases) as leases
      from (
        select key, quantity as taken, 0 as back, leases from json_to_recordset(p_taken) as t (key text, quantity bigint, leases integer)
        union all
        select key, 0, quantity, null from returned
      ) both_ways
      group by key
    ), changed as (
      update capacity_use c set used = c.used + m.taken - m.back,
        exclusive = m.leases is not null or (c.exclusive and c.used > m.back)
      from moved m
      where c.cell = p_cell and c.key = any (array(select key from moved)) and c.key = m.key
      returning c.key, c.used, c.capacity, c.exclusive, m.taken, m.leases
    )
    select (select count(*) from moved), (select count(*) from changed),
      (select key from changed where taken > 0 and used > capacity limit 1),
      (select key from changed where taken > 0 and exclusive and (leases is null or leases > 1 or used > taken) limit 1)
    into v_wanted, v_changed, v_over, v_beside;
    if v_wanted <> v_changed then perform annona_refuse('S1', 'units of an unknown pool or window', format('%s of %s', v_changed, v_wanted)); end if;
    if v_over is not null then perform annona_refuse('S1', 'granted while over capacity', v_over); end if;
    if v_beside is not null then perform annona_refuse('S1', 'held exclusively beside another lease', v_beside); end if;
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
