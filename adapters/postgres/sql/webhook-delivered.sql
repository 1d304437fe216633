-- $1 webhook, $2 sequence.
delete from webhook_delivery where webhook_id = $1 and sequence = $2::bigint;
