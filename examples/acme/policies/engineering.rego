# METADATA
# title: Engineering
# description: Critical is for mending what is broken, not for building what is new.
# custom:
#   owner: engineering
package annona.policies.engineering

import data.annona.library.proof

# METADATA
# title: Critical work of engineering is longer than an hour
# custom:
#   mode: enforce
#   severity: medium
#   field: durationSeconds
#   remedy: Ask for an hour or less and extend the lease, or use the class production.
ENGINEERING_CRITICAL_TOO_LONG(row) := false if {
	elsewhere(row)
} else := false if {
	proof.listed(row.class, ["production", "standard", "batch"])
} else := false if {
	proof.at_most(row.durationSeconds, longest_seconds)
} else := {"limit": longest_seconds}

longest_seconds := 3600

elsewhere(row) if {
	is_string(row.department)
	row.department != "engineering"
}
