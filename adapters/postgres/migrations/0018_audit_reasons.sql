-- Up Migration
-- Why somebody did what the audit tells of, in that person's words. It is a ninth text of an entry's digest, where there is one: entries without
-- a reason, and all that stand already, have the digest that they had. A process of the version before calls the function by the same name.

alter table audit add column because text;

create or replace function annona_commit_intake(p_cell text, p_tick bigint, p_now bigint, p_intake bigint[]) returns void
  language plpgsql as $$
declare
  v_stamped integer;
begin
  with stamped as (
    update intake set tick = p_tick
    where id = any (p_intake) and cell = p_cell and tick is null
    returning id, department_id, actor_subject, act, object_id, actor ->> 'because' as because
  ), entry as (
    select row_number() over (order by id) + h.audit_sequence as sequence, s.*
    from stamped s cross join (select audit_sequence from cell_head where cell = p_cell) h
  )
  insert into audit (cell, sequence, tick, at_ms, department_id, actor, act, object_id, because, digest)
  select p_cell, sequence, p_tick, p_now, department_id, actor_subject, act, object_id, because,
    annona_audit_digest(p_cell, sequence, p_tick, case
      when because is null then array[p_now::text, department_id, actor_subject, act, object_id]
      else array[p_now::text, department_id, actor_subject, act, object_id, because]
    end)
  from entry;
  get diagnostics v_stamped = row_count;
  if v_stamped <> cardinality(p_intake) then
    perform annona_refuse('S3', 'an intake row is folded once', format('%s of %s', v_stamped, cardinality(p_intake)));
  end if;
  update cell_head set audit_sequence = audit_sequence + v_stamped where cell = p_cell;
end $$;
