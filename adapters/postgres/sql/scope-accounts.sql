-- Who reads accounts in this transaction, and which: row-level security goes by it.
select set_config('annona.reach', $1, true), set_config('annona.department', $2, true), set_config('annona.accounts', $3, true);
