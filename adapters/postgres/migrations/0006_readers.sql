-- Up Migration
-- What the readers of accounts, usage and lists need. The commit pays for each index here, so there are few: a list that has none looks
-- through a bounded number of rows a call, and the next page goes on.

-- The ledger newest first, and since an instant. Ticks rise, so an entry goes to the right end of the index.
create index ledger_of_tick on ledger (cell, tick);
-- Requests that were turned down are rare among those granted; a grant pays a look at the predicate.
create index request_turned_down on request (state, id) where state in ('denied', 'expired', 'cancelled');
-- From an instant to the tick of that time: 25 rows a second at most.
create index tick_of_time on tick (cell, ((record ->> 'now')::bigint));

grant select on ledger, account_use to annona_api;
-- Cell and id of what is held, and nothing of whose it is: the leases themselves stand under their own policy.
grant select on lease_live to annona_api;
-- How far the log goes: the count of everybody's events stays inside, it only says whether a page is the last.
grant select (cell, event_sequence) on cell_head to annona_api;

-- Accounts belong to no department: who may read one follows from who it pays for, and the edge names them in each transaction.
create function annona_reads_account(account text) returns boolean
  language sql stable parallel safe
  return account = any (string_to_array(current_setting('annona.accounts', true), ','));

-- Not forced: the leader's commit books on these rows, and would else ask for each.
alter table account_use enable row level security;
create policy account_rows on account_use using (annona_reads_account(account));

-- First tick at or after an instant, by the tick's own `now`; null when there is none. Ticks are not the readers' to see, their times are.
create function annona_first_tick(p_cell text, p_since bigint) returns bigint
  language sql stable security definer
  return (select min(t.tick) from tick t where t.cell = p_cell and (t.record ->> 'now')::bigint >= p_since);

-- A sum over everybody's lines, for those who may read the account: it names nobody. The reach is widened inside and given back: an
-- owner who is no superuser may not declare it with the function.
create function annona_committed_since(p_cell text, p_account text, p_period text, p_since bigint) returns bigint
  language plpgsql security definer set search_path from current as $$
declare
  v_reach text := coalesce(current_setting('annona.reach', true), '');
  v_sum   bigint;
begin
  if annona_reads_account(p_account) is not true then return 0; end if;
  perform set_config('annona.reach', 'all', true);
  select coalesce(sum(case l.type when 'reserve' then e.amount when 'refund' then -e.amount else 0 end), 0)::bigint into v_sum
  from ledger l cross join lateral unnest(l.accounts, l.periods, l.amounts) as e (account, period, amount)
  where l.cell = p_cell and l.tick >= annona_first_tick(p_cell, p_since) and e.account = p_account and e.period = p_period;
  perform set_config('annona.reach', v_reach, true);
  return v_sum;
end $$;
