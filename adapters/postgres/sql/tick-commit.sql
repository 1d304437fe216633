select annona_commit_tick_sealed($1, $2::bigint, $3::bigint, $4::bigint, $5, $6, $7, $8, $9::bigint[], $10::json, $11, $12::json, $13::json, $14, $15,
  $16::json, $17::json, $18::json, $19::json, $20::json, $21::json, $22::json, $23::json, $24::bigint, $25::json, $26, $27::bigint, $28::json,
  $29::json, $30::json, $31::integer) as outcome;
