-- Of the newest ticks what the quality ledger counts: the texts of proofs stay where they are.
select
  tick,
  record ->> 'fault' as fault,
  (record -> 'counts' ->> 'columns')::integer as columns,
  (
    select coalesce(json_agg(json_strip_nulls(json_build_object(
      'class', stage -> 'class', 'method', stage -> 'method', 'gap', stage -> 'gap', 'ended', stage -> 'ended'
    )) order by n), '[]')
    from json_array_elements(record -> 'stages') with ordinality as of_tick (stage, n)
  ) as stages
from tick where cell = $1 order by tick desc limit $2::integer;
