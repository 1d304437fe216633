-- A row for each webhook that wants an event; one that is there already stays as it is. $1 cell, $2 events.
insert into webhook_delivery (webhook_id, sequence, department_id, request_id, event)
select w.id, (e.event ->> 'sequence')::bigint, w.department_id, e.event ->> 'request', e.event
from json_array_elements($2::json) as e (event)
  join webhook w on w.cell = $1 and w.department_id = e.event ->> 'department'
    and (e.event ->> 'sequence')::bigint > w.after_sequence
    and (w.types is null or e.event ->> 'type' = any (w.types))
order by 1, 2
on conflict do nothing;
