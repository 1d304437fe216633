-- The last of the 20,000 rows that ledger-list.sql looks through; none when it saw the end. $1 cell, $2-$4 the place after which to go on.
select tick, source_id as source, type from ledger
where cell = $1 and tick <= $2::bigint and (tick, source_id, type) <= ($2, $3::text, $4::text)
order by tick desc, source_id desc, type desc offset 19999 limit 1;
