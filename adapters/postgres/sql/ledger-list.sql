-- Lines of an account, newest first, among the next 20,000 rows of the ledger at most: ledger-horizon.sql says where they end.
-- A place is (tick, source, type, number of the line). $1 cell, $2 account, $3 period, $4 agent, $5-$8 the place after which to go on, $9 rows.
select source_id as source, l.type, lease_id as lease, account, period, amount, tick, n::integer as line
from (
  select * from ledger
  where cell = $1 and ($5::bigint is null or tick <= $5)
    and ($5::bigint is null or (tick, source_id, type) <= ($5, $6::text, $7::text))
  order by tick desc, source_id desc, type desc limit 20000
) l cross join lateral unnest(l.accounts, l.periods, l.amounts) with ordinality as e (account, period, amount, n)
where account = $2 and ($3::text is null or period = $3)
  and ($5::bigint is null or (tick, source_id, l.type, n) < ($5, $6::text, $7::text, $8::bigint))
  and ($4::text is null or exists (select from lease o where o.id = l.lease_id and o.cell = l.cell and o.agent_id = $4))
order by tick desc, source_id desc, l.type desc, n desc limit $9::integer;
