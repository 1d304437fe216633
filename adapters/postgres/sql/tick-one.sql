select record from tick where cell = $1 and tick = $2::bigint;
