select annona_put_policy($1, $2, $3, $4, $5, $6, $7) as outcome;
