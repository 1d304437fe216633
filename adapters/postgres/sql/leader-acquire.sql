-- $1 cell, $2 holder, $3 time to live, $4 whether our session has the lock, $5 and $6 where we are asked and with which secret, or null.
-- Taken over when the lease ran out, or at once when its holder held the lock and we have it now (that session is dead), or was ourselves.
with won as (
  insert into leader as l (cell, epoch, holder, locked, renewed_at_ms, expires_at_ms)
  select $1, 1, $2, $4::boolean, now, now + $3::bigint from (select annona_now() as now) c
  on conflict (cell) do update set
    epoch = l.epoch + 1, holder = excluded.holder, locked = excluded.locked,
    renewed_at_ms = excluded.renewed_at_ms, expires_at_ms = excluded.expires_at_ms
  where l.expires_at_ms <= excluded.renewed_at_ms or (l.locked and excluded.locked) or l.holder = excluded.holder
  returning cell, epoch
), announced as (
  insert into leader_address (cell, epoch, url, secret)
  select cell, epoch, $5::text, $6::text from won where $5::text is not null
  on conflict (cell) do update set epoch = excluded.epoch, url = excluded.url, secret = excluded.secret
)
select epoch from won;
