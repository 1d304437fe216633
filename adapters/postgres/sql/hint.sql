-- $1 the hints, each a topic and a cell. They are gone with this transaction: nobody waits for it to be durable.
select pg_notify('annona_hint', hint) from unnest($1::text[]) as hint;
