-- Up Migration
-- Leases that are taken back on notice, and the units that are held for somebody meanwhile. A tick writes them in the transaction of its
-- commit, through a function around `annona_commit_tick`: a process of the version before goes on calling that one.

alter table lease add column borrowed json;
alter table lease add column revocation json
  constraint s13_revoking_with_notice check (state <> 'revoking' or revocation is not null);
alter table heartbeat add column checkpoint_at_ms bigint;

-- One an open request: made with the notices to its leases, gone when it is granted or dropped.
create table earmark (
  cell          text   not null collate "C",
  request_id    text   not null collate "C",
  department_id text   not null collate "C",
  document      json   not null,
  made_tick     bigint not null,
  constraint s13_one_earmark primary key (cell, request_id)
);
alter table earmark enable row level security;
alter table earmark force row level security;
create policy department_rows on earmark using (annona_visible(department_id));

create function annona_commit_revocations(p_cell text, p_tick bigint, p_revocations json) returns void
  language plpgsql set enable_seqscan = off set enable_nestloop = off set enable_mergejoin = off set jit = off as $$
declare
  v_changed integer;
  v_culprit text;
begin
  with r as materialized (
    select * from json_to_recordset(p_revocations -> 'revoking') as r (id text, revocation json)
  )
  update lease l set state = 'revoking', revocation = r.revocation
  from r
  where l.id = any (array(select id from r)) and l.id = r.id and l.cell = p_cell;
  get diagnostics v_changed = row_count;
  if v_changed <> json_array_length(p_revocations -> 'revoking') then perform annona_refuse('S9', 'no such lease', 'revoking'); end if;

  with f as materialized (
    select * from json_to_recordset(p_revocations -> 'flagged') as f (id text, borrowed json)
  )
  update lease l set borrowed = f.borrowed
  from f
  where l.id = any (array(select id from f)) and l.id = f.id and l.cell = p_cell;
  get diagnostics v_changed = row_count;
  if v_changed <> json_array_length(p_revocations -> 'flagged') then perform annona_refuse('S9', 'no such lease', 'flagged'); end if;

  with d as materialized (
    select value as request from json_array_elements_text(p_revocations -> 'ended')
  )
  delete from earmark e using d
  where e.cell = p_cell and e.request_id = any (array(select request from d)) and e.request_id = d.request;
  get diagnostics v_changed = row_count;
  if v_changed <> json_array_length(p_revocations -> 'ended') then perform annona_refuse('S13', 'no such earmark', 'ended'); end if;

  insert into earmark (cell, request_id, department_id, document, made_tick)
  select p_cell, request, department, document, p_tick
  from json_to_recordset(p_revocations -> 'made') as m (request text, department text, document json);
  with m as materialized (
    select m.request, v.lease
    from json_to_recordset(p_revocations -> 'made') as m (request text, document json)
      cross join lateral json_to_recordset(m.document -> 'victims') as v (lease text)
  )
  select m.lease into v_culprit
  from m left join (
    select id, state, revocation from lease where cell = p_cell and id = any (array(select lease from m))
  ) l on l.id = m.lease
  where l.state is distinct from 'revoking' or l.revocation ->> 'request' is distinct from m.request
  limit 1;
  if found then perform annona_refuse('S13', 'an earmark counts on a lease that is not revoked for it', v_culprit); end if;
end $$;

create function annona_commit_tick_with(
  p_cell text, p_epoch bigint, p_tick bigint, p_now bigint, p_digest text, p_previous_digest text, p_configuration text, p_record text,
  p_intake bigint[], p_opened json, p_documents text, p_decided json, p_granted json, p_allocations text, p_reservations text,
  p_activated json, p_extended json, p_ended json, p_taken json, p_extensions_opened json, p_extensions_decided json,
  p_ledger json, p_moved json, p_first_sequence bigint, p_events json, p_event_data text, p_fold_sequence bigint, p_revocations json
) returns text
  language plpgsql set enable_seqscan = off set enable_nestloop = off set enable_mergejoin = off set jit = off as $$
declare
  v_known   boolean;
  v_outcome text;
  v_culprit text;
begin
  -- Behind the lock that the commit takes itself: what an attempt whose reply was lost has written is not written again.
  perform from leader where cell = p_cell for update;
  select exists (select from tick where cell = p_cell and tick = p_tick and epoch = p_epoch and digest = p_digest) into v_known;
  v_outcome := annona_commit_tick(p_cell, p_epoch, p_tick, p_now, p_digest, p_previous_digest, p_configuration, p_record, p_intake,
    p_opened, p_documents, p_decided, p_granted, p_allocations, p_reservations, p_activated, p_extended, p_ended, p_taken,
    p_extensions_opened, p_extensions_decided, p_ledger, p_moved, p_first_sequence, p_events, p_event_data, p_fold_sequence);
  if v_known or v_outcome <> 'committed' then return v_outcome; end if;
  if p_revocations is not null then perform annona_commit_revocations(p_cell, p_tick, p_revocations); end if;
  -- Whatever else the tick did: units are held for those alone who wait.
  select e.request_id into v_culprit
  from earmark e left join (
    select id, state from request where id = any (array(select request_id from earmark where cell = p_cell))
  ) r on r.id = e.request_id
  where e.cell = p_cell and r.state is distinct from 'waiting'
  limit 1;
  if found then perform annona_refuse('S13', 'an earmark of a request that does not wait', v_culprit); end if;
  return 'committed';
end $$;
