-- For the rest of the transaction: $1 is how long a report may take, and what it groups stays in memory, as there is one at a time.
select set_config('statement_timeout', $1, true), set_config('work_mem', '64MB', true), set_config('max_parallel_workers_per_gather', '0', true);
