select annona_put_checkpoint($1, $2::bigint, $3::bigint, $4, $5, $6::bigint, $7::bytea, $8::bigint) as kept;
