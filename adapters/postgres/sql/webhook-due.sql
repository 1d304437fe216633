-- Of each webhook and request the oldest that is pending, if its time has come and nobody is at it. $1 cell, $2 rows, $3 how long it is held.
with clock as materialized (
  select annona_now() as now
), first as (
  select d.webhook_id, d.sequence
  from webhook_delivery d join webhook w on w.id = d.webhook_id cross join clock
  where w.cell = $1 and d.state = 'pending' and d.not_before_ms <= clock.now and d.claimed_until_ms <= clock.now
    and not exists (
      select from webhook_delivery o
      where o.webhook_id = d.webhook_id and o.request_id = d.request_id and o.state = 'pending' and o.sequence < d.sequence
    )
  order by d.not_before_ms, d.webhook_id, d.sequence limit $2::integer
  for update of d skip locked
)
update webhook_delivery d set attempts = d.attempts + 1, claimed_until_ms = clock.now + $3::bigint
from first f, webhook w, clock
where d.webhook_id = f.webhook_id and d.sequence = f.sequence and w.id = d.webhook_id
returning d.webhook_id as webhook, d.sequence, w.url, w.secret, d.event, d.attempts;
