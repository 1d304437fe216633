-- $1 cell, $2 epoch, $3 holder, $4 time to live, $5 whether our session has the lock, $6 and $7 as leader-acquire.sql's $5 and $6.
with renewed as (
  update leader set renewed_at_ms = now, expires_at_ms = now + $4::bigint, locked = $5::boolean
  from (select annona_now() as now) c
  where cell = $1 and epoch = $2::bigint and holder = $3
  returning cell, epoch
), announced as (
  insert into leader_address as a (cell, epoch, url, secret)
  select cell, epoch, $6::text, $7::text from renewed where $6::text is not null
  on conflict (cell) do update set epoch = excluded.epoch, url = excluded.url, secret = excluded.secret
  where (a.epoch, a.url, a.secret) is distinct from (excluded.epoch, excluded.url, excluded.secret)
)
select epoch from renewed;
