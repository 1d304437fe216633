-- One commit of the floor. $1 first id, $2 rows, $3 payload.
insert into bench_floor (id, payload) select $1::bigint + i, $3::text from generate_series(1, $2::integer) as i;
