-- Up Migration
-- Reads on behalf of people and agents run as `annona_api`, under row-level security: a query that forgot its department
-- sees nothing. FORCE puts the owner under it too; the scheduler's own sessions declare `annona.reach = all` when they connect.

do $$
begin
  if not exists (select from pg_roles where rolname = 'annona_api') then
    create role annona_api nologin;
  end if;
exception when duplicate_object or unique_violation then
  null; -- another database of this server made it a moment ago
end $$;
-- An owner who is no superuser must be able to become the readers' role. Since PostgreSQL 16 being a member is not enough for that.
do $$
begin
  if not pg_has_role(current_user, 'annona_api', case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end) then
    grant annona_api to current_user;
  end if;
end $$;

create function annona_visible(department text) returns boolean
  language sql stable parallel safe
  return current_setting('annona.reach', true) = 'all' or department = current_setting('annona.department', true);

do $$
declare
  name text;
begin
  foreach name in array array['intake', 'submit_key', 'request', 'lease', 'heartbeat', 'extension', 'ledger', 'event', 'audit'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy department_rows on %I using (annona_visible(department_id))', name);
  end loop;
end $$;

grant select on request, lease, heartbeat, extension, event to annona_api;
-- What was acknowledged and not folded yet is shown too; not who sent it.
grant select (department_id, agent_id, act, object_id, command, received_at_ms, tick) on intake to annona_api;
