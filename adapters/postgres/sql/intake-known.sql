-- Which request has a submit's key. $1 cell, $2 agent, $3 the key, $4 how long a key is kept.
select request_id as request, digest, received_at_ms as "receivedAt"
from submit_key
where cell = $1 and agent_id = $2 and client_request_id = $3 and received_at_ms > annona_now() - $4::bigint;
