-- Rows that no tick has stamped, and the clock. The clock is read after the snapshot: no row is younger than `now`.
select c.now, i.id, i.received_at_ms as "receivedAt", i.actor, i.command
from (select annona_now() as now) c
  left join lateral (
    select id, received_at_ms, actor, command from intake where cell = $1 and tick is null order by id limit $2::integer
  ) i on true
order by i.id;
