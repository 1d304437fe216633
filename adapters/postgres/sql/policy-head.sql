select sequence, active, previous, candidate, promote_after as "promoteAfter" from policy_head where cell = $1;
