select annona_store_configuration($1, $2, $3::json, $4::json, $5::json);
