-- Up Migration
-- Work beside the tick: jobs with their results, webhooks with what is still to be delivered, and the trace that a request came in.
-- A row is the truth of a job or a delivery; a queue outside the database drives it and may lose it.

create table side_job (
  id               text    primary key collate "C",
  cell             text    not null collate "C",
  department_id    text    not null collate "C",
  -- What the job may read: its department, or all of them. As whoever asked for it was allowed to.
  reach            text    not null check (reach in ('department', 'all')),
  subject          text    not null,
  kind             text    not null collate "C",
  input            json    not null,
  state            text    not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  done             bigint  not null default 0,
  total            bigint  not null default 0,
  attempts         integer not null default 0,
  -- Who runs it, and until when it counts as being run without another word.
  claim            text    collate "C",
  claimed_until_ms bigint,
  queued_at_ms     bigint  not null default annona_now(),
  started_at_ms    bigint,
  ended_at_ms      bigint,
  result           json,
  error            text,
  check ((state in ('succeeded', 'failed', 'cancelled')) = (ended_at_ms is not null)),
  check ((state = 'succeeded') = (result is not null))
);
create index side_job_open on side_job (cell, queued_at_ms) where state in ('queued', 'running');
create index side_job_of_department on side_job (department_id, id);

create table side_job_part (
  job_id        text    not null collate "C" references side_job on delete cascade,
  n             integer not null,
  department_id text    not null collate "C",
  bytes         bytea   not null,
  primary key (job_id, n)
);

create table webhook (
  id              text    primary key collate "C",
  cell            text    not null collate "C",
  department_id   text    not null collate "C",
  subject         text    not null,
  url             text    not null,
  -- Null: all types.
  types           text[],
  secret          text    not null,
  -- Events above it are delivered.
  after_sequence  bigint  not null,
  created_at_ms   bigint  not null default annona_now()
);
create index webhook_of_department on webhook (department_id, id);

create table webhook_delivery (
  webhook_id       text    not null collate "C" references webhook on delete cascade,
  sequence         bigint  not null,
  department_id    text    not null collate "C",
  request_id       text    not null collate "C",
  event            json    not null,
  state            text    not null default 'pending' check (state in ('pending', 'dead')),
  attempts         integer not null default 0,
  not_before_ms    bigint  not null default annona_now(),
  claimed_until_ms bigint  not null default 0,
  error            text,
  primary key (webhook_id, sequence)
);
-- The oldest of each request goes first.
create index webhook_delivery_pending on webhook_delivery (webhook_id, request_id, sequence) where state = 'pending';

-- The trace (W3C Trace Context) that a request came in; no row for one that came in none. Read by nothing that decides.
create table request_trace (
  request_id    text   primary key collate "C",
  department_id text   not null collate "C",
  trace_parent  text   not null,
  written_at_ms bigint not null
);
create index request_trace_by_age on request_trace (written_at_ms);

do $$
declare
  name text;
begin
  foreach name in array array['side_job', 'side_job_part', 'webhook', 'webhook_delivery', 'request_trace'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy department_rows on %I using (annona_visible(department_id))', name);
  end loop;
end $$;
grant select on side_job, side_job_part, webhook_delivery to annona_api;
-- Not the secret: it is told once, when it is made.
grant select (id, cell, department_id, subject, url, types, after_sequence, created_at_ms) on webhook to annona_api;

