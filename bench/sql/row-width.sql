-- Mean bytes of a request's row: the width of the rows that the floor writes.
select coalesce(avg(pg_column_size(r.*)), 0)::float8 as bytes from request r;
