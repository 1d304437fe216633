select annona_swap_configuration($1, $2, $3, $4::json, $5::json, $6::json, $7::json, $8::text[], $9, $10::json) as outcome;
