-- In the order of events. $1 webhook, $2 sequences above it, $3 state, $4 rows.
select sequence, event, state, attempts, not_before_ms as "notBefore", error
from webhook_delivery
where webhook_id = $1 and sequence > $2::bigint and ($3::text is null or state = $3)
order by sequence limit $4::integer;
