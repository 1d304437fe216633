# METADATA
# title: Agents of a department
# description: A department has no more agents at work than it was given.
# custom:
#   owner: capacity-planning
package annona.policies.agents

import data.annona.library.proof

# METADATA
# title: The department has more agents than it may have
# custom:
#   mode: enforce
#   severity: medium
#   field: agent
#   remedy: Let another agent of the department submit, retire one that is not needed, or ask capacity planning for a higher cap.
AGENT_BEYOND_CAP(row) := false if {
	proof.at_most(
		data.organisation.agents[row.agent].ordinal,
		data.organisation.departments[row.department].agentsMost,
	)
} else := {
	"want": data.organisation.agents[row.agent].ordinal,
	"limit": data.organisation.departments[row.department].agentsMost,
}
