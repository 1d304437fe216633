-- The session lock: whoever has it knows that the session which had it before is gone. Taken once a session, as each taking counts.
with lock as (
  select hashtextextended('annona.leader.' || $1, 0) as key
)
select case
    when exists (
      select from pg_locks
      where pid = pg_backend_pid() and locktype = 'advisory' and objsubid = 1 and granted
        and (classid::bigint << 32 | objid::bigint) = key
    ) then true
    else pg_try_advisory_lock(key)
  end as locked
from lock;
