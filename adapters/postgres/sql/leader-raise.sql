-- $1 cell, $2 holder, $3 time to live. Unconditional: who may lead was decided elsewhere, and every election raises the epoch here.
insert into leader as l (cell, epoch, holder, locked, renewed_at_ms, expires_at_ms)
select $1, 1, $2, false, now, now + $3::bigint from (select annona_now() as now) c
on conflict (cell) do update set
  epoch = l.epoch + 1, holder = excluded.holder, locked = false,
  renewed_at_ms = excluded.renewed_at_ms, expires_at_ms = excluded.expires_at_ms
returning epoch;
