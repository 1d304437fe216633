select annona_move_policy($1, $2, $3, $4, $5, $6, $7::json) as outcome;
