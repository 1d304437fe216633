select annona_seal_pending($1, $2::bigint, $3::integer) as sealed;
