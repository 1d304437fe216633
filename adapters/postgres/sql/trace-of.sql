-- $1 requests.
select request_id as request, trace_parent as parent from request_trace where request_id = any ($1::text[]);
