-- Deletes what has outlived its window: $1 cell of the heartbeats, $2 rows of each table at most, then in milliseconds how long are kept
-- $3 submit keys, $4 call keys, $5 outcomes of intake groups, $6 heartbeats of ended leases, $7 traces of requests. Waits for no lock: whoever holds a row wins.
with clock as materialized (
  select annona_now() as now
), submit as (
  delete from submit_key where ctid = any (array(
    select ctid from submit_key where received_at_ms <= (select now from clock) - $3::bigint
    order by received_at_ms limit $2::integer for update skip locked
  ))
  returning 1
), called as (
  delete from call_key where ctid = any (array(
    select ctid from call_key where started_at_ms <= (select now from clock) - $4::bigint
    order by started_at_ms limit $2::integer for update skip locked
  ))
  returning 1
), grouped as (
  delete from intake_group where ctid = any (array(
    select ctid from intake_group where written_at_ms <= (select now from clock) - $5::bigint
    limit $2::integer for update skip locked
  ))
  returning 1
), beat as (
  delete from heartbeat where ctid = any (array(
    select h.ctid from heartbeat h
    where h.cell = $1 and h.at_ms <= (select now from clock) - $6::bigint
      and not exists (select from lease_live l where l.cell = h.cell and l.id = h.lease_id)
    order by h.at_ms limit $2::integer for update of h skip locked
  ))
  returning 1
), traced as (
  delete from request_trace where ctid = any (array(
    select ctid from request_trace where written_at_ms <= (select now from clock) - $7::bigint
    order by written_at_ms limit $2::integer for update skip locked
  ))
  returning 1
)
select (select count(*) from submit) as "submitKeys", (select count(*) from called) as "callKeys",
  (select count(*) from grouped) as groups, (select count(*) from beat) as heartbeats,
  (select count(*) from traced) as traces;
