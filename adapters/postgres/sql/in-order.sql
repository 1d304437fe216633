-- For the rest of the transaction lists are read along the narrowest index, row by row, until they have enough: a planner that expects
-- few matches would rather read and sort a whole table, or walk a wider index in parallel. Pages are in memory, so none is dearer than
-- another.
select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true),
  set_config('max_parallel_workers_per_gather', '0', true), set_config('random_page_cost', '1', true);
