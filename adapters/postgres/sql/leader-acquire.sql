-- $1 cell, $2 holder, $3 time to live, $4 whether our session has the lock. Taken over when the lease ran out, or at once when
-- its holder held the lock and we have it now (that session is dead), or was ourselves.
insert into leader as l (cell, epoch, holder, locked, renewed_at_ms, expires_at_ms)
select $1, 1, $2, $4::boolean, now, now + $3::bigint from (select annona_now() as now) c
on conflict (cell) do update set
  epoch = l.epoch + 1, holder = excluded.holder, locked = excluded.locked,
  renewed_at_ms = excluded.renewed_at_ms, expires_at_ms = excluded.expires_at_ms
where l.expires_at_ms <= excluded.renewed_at_ms or (l.locked and excluded.locked) or l.holder = excluded.holder
returning epoch;
