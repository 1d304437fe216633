-- One commit of the floor. $1 ids, $2 payloads.
insert into bench_floor (id, payload) select id, payload from unnest($1::bigint[], $2::text[]) as r (id, payload);
