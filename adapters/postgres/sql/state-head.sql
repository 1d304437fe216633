select h.tick, h.tick_digest as "tickDigest", h.event_sequence as "eventSequence", h.fold_sequence as "foldSequence",
  t.record -> 'pastUse' as "pastUse"
from cell_head h left join tick t on t.cell = h.cell and t.tick = h.tick
where h.cell = $1;
