select id, lease_id as lease, department_id as department, agent_id as agent, seconds, sequence
from extension where cell = $1 and outcome = 'pending' order by sequence;
