-- Never back. $1 cell, $2 agent, $3 department.
insert into agent_heartbeat as h (cell, agent_id, department_id, at_ms) values ($1, $2, $3, annona_now())
on conflict (cell, agent_id) do update set at_ms = greatest(h.at_ms, excluded.at_ms), department_id = excluded.department_id
returning at_ms as at;
