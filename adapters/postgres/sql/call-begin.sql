-- $1 scope, $2 key, $3 digest, $4 how long an answer is kept, $5 how long a call may run before its process counts as dead.
with clock as materialized (
  select annona_now() as now, nextval('call_key_attempt_seq') as attempt
), begun as (
  insert into call_key as k (scope, key, digest, attempt, started_at_ms)
  select $1, $2, $3, attempt, now from clock
  on conflict (scope, key) do update set
    digest = excluded.digest, attempt = excluded.attempt, started_at_ms = excluded.started_at_ms, status = null, body = null, headers = null
  where k.started_at_ms <= excluded.started_at_ms - (case when k.status is null then $5::bigint else $4::bigint end)
  returning attempt
)
select case when b.attempt is not null then 'fresh' when k.digest is null then 'unseen' when k.digest <> $3 then 'mismatch'
    when k.status is null then 'running' else 'replay' end as type, k.status, k.body, k.headers
from clock left join begun b on true left join call_key k on k.scope = $1 and k.key = $2;
