update leader set renewed_at_ms = now, expires_at_ms = now + $4::bigint, locked = $5::boolean
from (select annona_now() as now) c
where cell = $1 and epoch = $2::bigint and holder = $3
returning epoch;
