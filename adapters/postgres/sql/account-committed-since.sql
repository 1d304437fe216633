select annona_committed_since($1, $2, $3, $4::bigint) as amount;
