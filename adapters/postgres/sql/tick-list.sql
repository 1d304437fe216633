select record, tick from tick where cell = $1 and ($2::bigint is null or tick < $2) order by tick desc limit $3::integer;
