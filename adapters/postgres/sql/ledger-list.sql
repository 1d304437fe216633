-- Lines of an account, newest first, among the next 20,000 rows of the ledger at most: ledger-horizon.sql says where they end.
-- A place is (tick, source, type, number of the line). $1 cell, $2 account, $3 period, $4 agent, $5-$8 the place behind which to go on, $9 rows.
select source, type, lease, account, period, amount, tick, line
from (
  select source_id as source, type, cell, lease_id as lease, account, period, amount, tick, n::integer as line
  from (
    select * from ledger
    where cell = $1 and tick <= $5::bigint and (tick, source_id, type) <= ($5, $6::text, $7::text)
    order by tick desc, source_id desc, type desc limit 20000
  ) looked cross join lateral unnest(accounts, periods, amounts) with ordinality as e (account, period, amount, n)
  where account = $2 and ($3::text is null or period = $3)
    and (tick, source_id, type, n) < ($5, $6::text, $7::text, $8::bigint)
  -- A fence: whose lease it is is asked of the account's lines alone.
  offset 0
) of_account
where $4::text is null or exists (select from lease o where o.id = lease and o.cell = of_account.cell and o.agent_id = $4)
order by tick desc, source desc, type desc, line desc limit $9::integer;
