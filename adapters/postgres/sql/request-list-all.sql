-- Newest first (ids sort by time). $1 department, $2 agent, $3 the id after which to go on, $4 state, $5 rows.
select id, document, state, reasons, lease_id as lease, decided_tick as tick, decided_at_ms as "decidedAt"
from request
where $1::text is null and $2::text is null and id < coalesce($3::text, '~') and ($4::text is null or state = $4)
order by id desc limit $5::integer;
