-- Up Migration
-- What several cells of an organisation draw on is allotted among them: no cell's limit rises beyond what the others leave of the whole.
-- Functions alone: a configuration that is one cell's has no part under `cells`, and nothing changes for it.

-- The first key of which the revision would take more than the other cells leave; null: none. Of another cell counts what its commits may
-- use (`capacity`), what is used beyond it, and what its newest revision says, which a tick under way may not have taken up yet.
-- Lowering is always allowed. The lock is one an organisation: two that rise at once would each see the other's old part.
create function annona_over_allotted(p_cell text, p_document json, p_capacities json, p_budgets json) returns text
  language plpgsql as $$
declare
  v_cells text[];
  v_key   text;
begin
  if p_document -> 'cells' is null then return null; end if;
  perform pg_advisory_xact_lock(hashtextextended('annona-allotments ' || (p_document ->> 'organisation'), 0));
  select array_agg(n ->> 'cell') into v_cells from json_array_elements(p_document -> 'cells' -> 'neighbours') n;

  select s.pool into v_key
  from json_to_recordset(p_document -> 'cells' -> 'pools') as s (pool text, whole bigint)
  join json_to_recordset(p_capacities) as mine (key text, capacity bigint) on mine.key = s.pool
  left join capacity_use own on own.cell = p_cell and own.key = s.pool
  cross join lateral (
    select coalesce(sum(greatest(u.capacity, u.used, newest.capacity)), 0) as units
    from capacity_use u
    left join lateral (
      select r.capacity from configuration_revision c
      cross join lateral json_to_recordset(c.capacities) as r (key text, capacity bigint)
      where c.cell = u.cell and c.current and r.key = u.key
    ) newest on true
    where u.cell = any (v_cells) and u.key = s.pool
  ) others
  where mine.capacity > coalesce(own.capacity, 0) and mine.capacity + others.units > s.whole
  order by s.pool collate "C" limit 1;
  if found then return 'pool ' || v_key; end if;

  select s.account || '/' || s.period into v_key
  from json_to_recordset(p_document -> 'cells' -> 'accounts') as s (account text, period text, whole bigint)
  join json_to_recordset(p_budgets) as mine (account text, period text, budget bigint)
    on mine.account = s.account and mine.period = s.period
  left join account_use own on own.cell = p_cell and own.account = s.account and own.period = s.period
  cross join lateral (
    select coalesce(sum(greatest(u.budget, u.reserved + u.spent, newest.budget)), 0) as amount
    from account_use u
    left join lateral (
      select r.budget from configuration_revision c
      cross join lateral json_to_recordset(c.budgets) as r (account text, period text, budget bigint)
      where c.cell = u.cell and c.current and r.account = u.account and r.period = u.period
    ) newest on true
    where u.cell = any (v_cells) and u.account = s.account and u.period = s.period
  ) others
  where mine.budget > coalesce(own.budget, 0) and mine.budget + others.amount > s.whole
  order by (s.account || '/' || s.period) collate "C" limit 1;
  return case when found then 'account ' || v_key end;
end $$;

-- Each way by which limits rise asks first: a swap answers it, and what has no answer to give (a store, the first tick under a revision
-- that was overtaken) is refused whole.
alter function annona_swap_configuration(text, text, text, json, json, json, json, text[], text, json)
  rename to annona_swap_within_allotments;
create function annona_swap_configuration(
  p_cell text, p_from text, p_revision text, p_document json, p_capacities json, p_budgets json,
  p_kept json, p_dropped text[], p_base text, p_act json
) returns text
  language plpgsql as $$
begin
  -- The head before the lock of the organisation, as a commit has them: the other way round the two would wait for each other.
  insert into cell_head (cell) values (p_cell) on conflict do nothing;
  perform from cell_head where cell = p_cell for update;
  if annona_over_allotted(p_cell, p_document, p_capacities, p_budgets) is not null then return 'overAllotted'; end if;
  return annona_swap_within_allotments(p_cell, p_from, p_revision, p_document, p_capacities, p_budgets, p_kept, p_dropped, p_base, p_act);
end $$;

alter function annona_store_configuration(text, text, json, json, json) rename to annona_store_within_allotments;
create function annona_store_configuration(p_cell text, p_revision text, p_document json, p_capacities json, p_budgets json) returns void
  language plpgsql as $$
declare
  v_over text;
begin
  insert into cell_head (cell) values (p_cell) on conflict do nothing;
  perform from cell_head where cell = p_cell for update;
  v_over := annona_over_allotted(p_cell, p_document, p_capacities, p_budgets);
  if v_over is not null then
    raise exception using errcode = 'check_violation', message = format('S1: %s of %s would pass what the other cells leave', v_over, p_cell);
  end if;
  perform annona_store_within_allotments(p_cell, p_revision, p_document, p_capacities, p_budgets);
end $$;

alter function annona_apply_configuration(text, text) rename to annona_apply_within_allotments;
create function annona_apply_configuration(p_cell text, p_revision text) returns void
  language plpgsql as $$
declare
  v_over text;
begin
  select annona_over_allotted(p_cell, document, capacities, budgets) into v_over
  from configuration_revision where cell = p_cell and revision = p_revision;
  if v_over is not null then
    raise exception using errcode = 'check_violation', message = format('S1: %s of %s would pass what the other cells leave', v_over, p_cell);
  end if;
  perform annona_apply_within_allotments(p_cell, p_revision);
end $$;
