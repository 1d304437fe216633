-- Waiting requests by reason code: how many it binds (it stands first), how many carry it besides, and the oldest that it binds.
-- $1 department, $2 agent.
with waiting as materialized (
  select id, reasons, (document ->> 'submittedAt')::bigint as submitted_at from request
  where state in ('queued', 'waiting') and state = 'waiting'
    and ($1::text is null or department_id = $1) and ($2::text is null or agent_id = $2)
), carried as (
  select w.id, w.submitted_at, r.reason ->> 'code' as code, min(r.place) as place
  from waiting w cross join lateral json_array_elements(w.reasons) with ordinality as r (reason, place)
  group by w.id, w.submitted_at, r.reason ->> 'code'
)
select code, count(*) filter (where place = 1) as count, count(*) filter (where place > 1) as "alsoCount",
  min(submitted_at) filter (where place = 1) as "oldestSubmittedAt"
from carried group by code;
