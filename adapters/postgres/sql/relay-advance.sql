-- Never back: two relays of one sink may overlap while one is replaced.
insert into relay_cursor as c (sink, cell, sequence) values ($1, $2, $3::bigint)
on conflict (sink, cell) do update set sequence = greatest(c.sequence, excluded.sequence);
