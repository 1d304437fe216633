-- The last seal, and the tick that stands.
select s.number, s.last_sequence as entries, s.digest, h.tick, h.tick_digest as "tickDigest", h.event_sequence as events, annona_now() as at
from cell_head h join lateral (
  select number, last_sequence, digest from audit_seal where cell = h.cell order by number desc limit 1
) s on true
where h.cell = $1;
