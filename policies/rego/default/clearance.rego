# METADATA
# title: Clearance
# description: Data is used only by agents and departments cleared for its classification.
# custom:
#   owner: information-security
package annona.policies.clearance

import data.annona.library.proof

# METADATA
# title: The agent's clearance is below the classification of the data
# custom:
#   mode: enforce
#   severity: high
#   field: classification
#   remedy: Ask information security to clear the agent, or ask for data of a lower classification.
CLEARANCE_TOO_LOW(row) := false if {
	proof.at_least(row.clearance, row.classification)
} else := {"limit": row.clearance}

# METADATA
# title: The data is classified above what the department may handle
# custom:
#   mode: enforce
#   severity: high
#   field: classification
#   remedy: Ask information security to raise the department's ceiling, or let a department that is cleared submit the request.
DEPARTMENT_CLEARANCE_TOO_LOW(row) := false if {
	proof.at_least(data.organisation.departments[row.department].clearanceCeiling, row.classification)
} else := {"limit": data.organisation.departments[row.department].clearanceCeiling}
