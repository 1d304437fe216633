select number, first_sequence as first, last_sequence as last, tick, tick_digest as "tickDigest", at_ms as at, digest,
  previous_digest as previous
from audit_seal where cell = $1 and number > $2::bigint order by number limit $3::integer;
