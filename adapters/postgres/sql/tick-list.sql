-- Without the texts of proofs, a quarter of a megabyte each at most: one tick alone has them.
select
  tick,
  jsonb_set(record::jsonb, '{stages}', (
    select coalesce(jsonb_agg(stage - 'certificate' order by n), '[]')
    from jsonb_array_elements(record::jsonb -> 'stages') with ordinality as of_tick (stage, n)
  )) as record
from tick where cell = $1 and ($2::bigint is null or tick < $2) order by tick desc limit $3::integer;
