# METADATA
# title: Budget
# description: A class has a limit of what one request of it can cost, before any account is asked.
# custom:
#   owner: finance
package annona.policies.budget

import data.annona.library.proof

# METADATA
# title: The request can cost more than its class allows
# custom:
#   mode: enforce
#   severity: medium
#   field: costMinor
#   remedy: Select cheaper pools, or ask for less or for a shorter time; a class with a higher limit may be open to the department.
COST_TOO_HIGH(row) := false if {
	proof.at_most(row.costMinor, data.organisation.classes[row.class].maxCostMinor)
} else := {"limit": data.organisation.classes[row.class].maxCostMinor}
