-- Up Migration
-- What verdicts oblige requests to, and the approvals that they ask reviewers for. A tick writes both in the transaction of its commit,
-- through one more function around the commit: a process of the version before goes on calling the one that it knows.

-- Beside the request and not in it: an obligation may be recorded in the tick that grants, when the request is written no more.
create table obligation (
  request_id    text not null primary key collate "C",
  cell          text not null collate "C",
  department_id text not null collate "C",
  document      json not null
);
alter table obligation enable row level security;
alter table obligation force row level security;
create policy department_rows on obligation using (annona_visible(department_id));

create table approval (
  id            text   not null primary key collate "C",
  cell          text   not null collate "C",
  -- Of the request that waits for it: the parent.
  department_id text   not null collate "C",
  agent_id      text   not null collate "C",
  request_id    text   not null collate "C",
  skill         text   not null collate "C",
  state         text   not null check (state in ('seeking', 'scheduled', 'approved', 'rejected', 'lapsed', 'dropped')),
  document      json   not null,
  opened_tick   bigint not null,
  moved_tick    bigint not null
);
create index approval_of_request on approval (request_id);
create index approval_open on approval (cell, id) where state in ('seeking', 'scheduled');
create index approval_of_skill on approval (skill, id);
alter table approval enable row level security;
alter table approval force row level security;
create policy department_rows on approval using (annona_visible(department_id));
grant select on approval, obligation to annona_api;

create table approval_transition (
  from_state text not null,
  to_state   text not null,
  primary key (from_state, to_state)
);
insert into approval_transition values
  ('seeking', 'scheduled'), ('seeking', 'lapsed'), ('seeking', 'dropped'),
  ('scheduled', 'approved'), ('scheduled', 'rejected'), ('scheduled', 'seeking'), ('scheduled', 'lapsed'), ('scheduled', 'dropped');

create function annona_guard_approval() returns trigger
  language plpgsql set enable_hashjoin = on set enable_nestloop = off set jit = off as $$
declare
  culprit text;
begin
  select n.id into culprit
  from old_rows o join new_rows n on n.id = o.id
    left join approval_transition t on t.from_state = o.state and t.to_state = n.state
  where t.to_state is null or n.request_id <> o.request_id or n.skill <> o.skill or n.cell <> o.cell
    or n.department_id <> o.department_id or n.document ->> 'digest' <> o.document ->> 'digest'
  limit 1;
  if found then perform annona_refuse('S3', 'an approval may not move so', culprit); end if;
  return null;
end $$;
create trigger approval_moves_forward after update on approval
  referencing old table as old_rows new table as new_rows
  for each statement execute function annona_guard_approval();

-- An approval may move twice in a tick: each of its moves is a line of its own, and the second one meets the first.
create function annona_commit_approvals(p_cell text, p_tick bigint, p_approvals json) returns void
  language plpgsql set jit = off as $$
declare
  v_line    record;
  v_culprit text;
begin
  for v_line in
    select value as document, ordinality from json_array_elements(p_approvals -> 'moved') with ordinality order by ordinality
  loop
    insert into approval (id, cell, department_id, agent_id, request_id, skill, state, document, opened_tick, moved_tick)
    values (v_line.document ->> 'id', p_cell, v_line.document ->> 'department', v_line.document ->> 'agent',
      v_line.document ->> 'request', v_line.document ->> 'skill', v_line.document ->> 'state', v_line.document, p_tick, p_tick)
    on conflict (id) do update set state = excluded.state, document = excluded.document, moved_tick = excluded.moved_tick;
  end loop;

  delete from obligation where request_id = any (array(select value from json_array_elements_text(p_approvals -> 'freed')));
  with o as materialized (
    select * from json_to_recordset(p_approvals -> 'obliged') as o (id text, document json)
  )
  insert into obligation (request_id, cell, department_id, document)
  select r.id, p_cell, r.department_id, o.document
  from o join (
    select id, department_id from request where id = any (array(select id from o)) and cell = p_cell
  ) r on r.id = o.id
  on conflict (request_id) do update set document = excluded.document;

  -- What a verdict asks a reviewer for is approved before the grant: every skill of it.
  with duty as materialized (
    select o.request_id, d.skill
    from obligation o cross join lateral json_to_recordset(o.document -> 'approvals') as d (skill text)
    where o.request_id = any (array(select value from json_array_elements_text(p_approvals -> 'granted')))
  )
  select d.request_id into v_culprit
  from duty d left join (
    select request_id, skill from approval where request_id = any (array(select request_id from duty)) and state = 'approved'
  ) a on a.request_id = d.request_id and a.skill = d.skill
  where a.skill is null
  limit 1;
  if found then perform annona_refuse('S6', 'a grant needs the approvals of its verdict', v_culprit); end if;
end $$;

create function annona_commit_tick_with(
  p_cell text, p_epoch bigint, p_tick bigint, p_now bigint, p_digest text, p_previous_digest text, p_configuration text, p_record text,
  p_intake bigint[], p_opened json, p_documents text, p_decided json, p_granted json, p_allocations text, p_reservations text,
  p_activated json, p_extended json, p_ended json, p_taken json, p_extensions_opened json, p_extensions_decided json,
  p_ledger json, p_moved json, p_first_sequence bigint, p_events json, p_event_data text, p_fold_sequence bigint, p_revocations json,
  p_reserved json, p_approvals json
) returns text
  language plpgsql set enable_seqscan = off set enable_nestloop = off set enable_mergejoin = off set jit = off as $$
declare
  v_known   boolean;
  v_outcome text;
begin
  perform from leader where cell = p_cell for update;
  select exists (select from tick where cell = p_cell and tick = p_tick and epoch = p_epoch and digest = p_digest) into v_known;
  v_outcome := annona_commit_tick_with(p_cell, p_epoch, p_tick, p_now, p_digest, p_previous_digest, p_configuration, p_record, p_intake,
    p_opened, p_documents, p_decided, p_granted, p_allocations, p_reservations, p_activated, p_extended, p_ended, p_taken,
    p_extensions_opened, p_extensions_decided, p_ledger, p_moved, p_first_sequence, p_events, p_event_data, p_fold_sequence, p_revocations,
    p_reserved);
  if p_approvals is not null and v_outcome = 'committed' and not v_known then
    perform annona_commit_approvals(p_cell, p_tick, p_approvals);
  end if;
  return v_outcome;
end $$;
