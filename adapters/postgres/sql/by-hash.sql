-- For the rest of the transaction tables are joined by hash: under row-level security a planner takes them for tiny, and would compare
-- every row with every other.
select set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true);
