-- Jobs that ended, with their results. $1 cell, $2 how long they are kept, $3 rows.
delete from side_job where id = any (array(
  select id from side_job where cell = $1 and ended_at_ms <= annona_now() - $2::bigint order by id limit $3::integer for update skip locked
))
returning id;
