select agent_id as agent, at_ms as at from agent_heartbeat where cell = $1;
