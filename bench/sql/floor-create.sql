-- The scratch table of the floor: a key and a payload, nothing to check.
create table bench_floor (id bigint primary key, payload text not null);
