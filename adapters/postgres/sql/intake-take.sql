-- Rows that no tick has stamped, the configuration in force, and the clock. One snapshot: an edit's row comes with its revision. The
-- clock is read after the snapshot: no row is younger than `now`.
select c.now, c.revision, i.id, i.received_at_ms as "receivedAt", i.actor, i.command
from (select annona_now() as now, (select revision from configuration_revision where cell = $1 and current) as revision) c
  left join lateral (
    select id, received_at_ms, actor, command from intake where cell = $1 and tick is null order by id limit $2::integer
  ) i on true
order by i.id;
