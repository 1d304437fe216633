select tick, digest, document from checkpoint where cell = $1 and tick <= $2::bigint order by tick desc limit 1;
