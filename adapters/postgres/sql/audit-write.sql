insert into audit_pending (cell, department_id, actor, act, object_id) values ($1, $2, $3, $4, $5);
