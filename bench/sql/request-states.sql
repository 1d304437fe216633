-- Every request that the database knows, and what became of it.
select id, state from request;
