select coalesce(max(event_sequence), 0) as last from cell_head where cell = $1;
