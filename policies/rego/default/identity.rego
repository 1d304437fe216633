# METADATA
# title: Identity
# description: Only departments and agents that the organisation knows are served.
# custom:
#   owner: platform-operations
package annona.policies.identity

import data.annona.library.proof

# METADATA
# title: The department is not in the organisation file
# custom:
#   mode: enforce
#   severity: critical
#   field: department
#   remedy: Ask an administrator to add the department to the organisation file.
DEPARTMENT_UNKNOWN(row) := false if is_object(data.organisation.departments[row.department])

# METADATA
# title: The agent is not registered with this department
# custom:
#   mode: enforce
#   severity: critical
#   field: agent
#   remedy: Register the agent with the department that it acts for.
AGENT_UNKNOWN(row) := false if proof.same(data.organisation.agents[row.agent].department, row.department)
