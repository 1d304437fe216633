-- $4 the epoch of the relay. No row: a later relay has moved the cursor, and this one may not any more.
insert into relay_cursor as c (sink, cell, sequence, epoch) values ($1, $2, $3::bigint, $4::bigint)
on conflict (sink, cell) do update set sequence = greatest(c.sequence, excluded.sequence), epoch = excluded.epoch
where c.epoch <= excluded.epoch
returning sequence;
