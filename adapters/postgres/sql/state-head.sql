select h.tick, h.tick_digest as "tickDigest", h.event_sequence as "eventSequence", h.fold_sequence as "foldSequence"
from cell_head h where h.cell = $1;
