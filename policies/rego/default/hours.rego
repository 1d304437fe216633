# METADATA
# title: Quiet hours
# description: In the quiet hours of a department only some classes are taken.
# custom:
#   owner: platform-operations
package annona.policies.hours

import data.annona.library.proof

# METADATA
# title: The request was submitted in the department's quiet hours
# custom:
#   mode: enforce
#   severity: low
#   field: hour
#   remedy: Submit outside the quiet hours, or in a class that is taken in them.
QUIET_HOURS(row) := false if {
	quiet := data.organisation.departments[row.department].quietHours
	outside(row.hour, quiet.from, quiet.to)
} else := false if {
	proof.listed(row.class, data.organisation.departments[row.department].quietHours.classes)
} else := {"limit": data.organisation.departments[row.department].quietHours}

# Over midnight.
outside(hour, from, to) if {
	proof.at_least(from, to)
	proof.at_least(hour, to)
	proof.below(hour, from)
}

# Within a day; equal hours are no quiet hours.
outside(hour, from, to) if {
	proof.at_most(from, to)
	proof.below(hour, from)
}

outside(hour, from, to) if {
	proof.at_most(from, to)
	proof.at_least(hour, to)
}
