-- The identity of one writer's groups: made here, as chance does not belong in an adapter.
select gen_random_uuid()::text as writer;
