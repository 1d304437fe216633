-- Up Migration
-- A promised start stands with its request, as the leader wrote it. It means something only while the request is open; what was promised
-- before the tick of its outcome stays readable afterwards. Nothing is taken away, so that a leader of the version before goes on.
alter table request add column reservation json;

create function annona_commit_reservations(p_cell text, p_reserved json) returns void
  language plpgsql as $$
declare
  v_changed integer;
begin
  -- Of a request without a document the promise was dropped.
  with p as materialized (
    select * from json_to_recordset(p_reserved) as p (id text, reservation json)
  )
  update request r set reservation = p.reservation
  from p
  where r.id = any (array(select id from p)) and r.id = p.id and r.cell = p_cell;
  get diagnostics v_changed = row_count;
  if v_changed <> json_array_length(p_reserved) then
    perform annona_refuse('S3', 'a promise needs its request', format('%s of %s', v_changed, json_array_length(p_reserved)));
  end if;
end $$;

-- With promises, in the same transaction; a process of the version before goes on calling the function without them. The lock that the
-- commit takes is taken first: a tick that is repeated after a lost reply must not write again what a later tick has changed.
create function annona_commit_tick_with(
  p_cell text, p_epoch bigint, p_tick bigint, p_now bigint, p_digest text, p_previous_digest text, p_configuration text, p_record text,
  p_intake bigint[], p_opened json, p_documents text, p_decided json, p_granted json, p_allocations text, p_reservations text,
  p_activated json, p_extended json, p_ended json, p_taken json, p_extensions_opened json, p_extensions_decided json,
  p_ledger json, p_moved json, p_first_sequence bigint, p_events json, p_event_data text, p_fold_sequence bigint, p_revocations json,
  p_reserved json
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
    p_extensions_opened, p_extensions_decided, p_ledger, p_moved, p_first_sequence, p_events, p_event_data, p_fold_sequence, p_revocations);
  if p_reserved is not null and v_outcome = 'committed' and not v_known then
    perform annona_commit_reservations(p_cell, p_reserved);
  end if;
  return v_outcome;
end $$;
