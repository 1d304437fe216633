update call_key set status = $3::integer, body = $4, headers = $5::json where scope = $1 and key = $2 and status is null;
