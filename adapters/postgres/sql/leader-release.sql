update leader set expires_at_ms = renewed_at_ms, locked = false
where cell = $1 and epoch = $2::bigint and holder = $3;
