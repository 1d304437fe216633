-- $1 webhook, $2 department, null for all.
update webhook_delivery set state = 'pending', attempts = 0, not_before_ms = annona_now(), claimed_until_ms = 0
where webhook_id = $1 and state = 'dead' and ($2::text is null or department_id = $2)
returning sequence;
