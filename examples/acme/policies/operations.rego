# METADATA
# title: Operations
# description: Operations keeps its own work cheap unless something burns.
# custom:
#   owner: operations
package annona.policies.operations

import data.annona.library.proof

# METADATA
# title: Work of operations that is not critical can cost more than 500 euros
# custom:
#   mode: enforce
#   severity: medium
#   field: costMinor
#   remedy: Select cheaper pools, ask for less or for a shorter time; what burns is critical.
OPERATIONS_TOO_DEAR(row) := false if {
	elsewhere(row)
} else := false if {
	proof.same(row.class, "critical")
} else := false if {
	proof.at_most(row.costMinor, most_minor)
} else := {"limit": most_minor}

most_minor := 50000

elsewhere(row) if {
	is_string(row.department)
	row.department != "operations"
}
