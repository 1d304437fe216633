-- $1 webhook, $2 sequence, $3 why, $4 in how many milliseconds again, null for never.
update webhook_delivery
set error = $3, claimed_until_ms = 0, state = case when $4::bigint is null then 'dead' else 'pending' end,
  not_before_ms = annona_now() + coalesce($4::bigint, 0)
where webhook_id = $1 and sequence = $2::bigint;
