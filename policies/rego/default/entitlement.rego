# METADATA
# title: Entitlement
# description: What a department may ask for, how much of it in one request, and for how long.
# custom:
#   owner: capacity-planning
package annona.policies.entitlement

import data.annona.library.proof

# METADATA
# title: The department is not entitled to this priority class
# custom:
#   mode: enforce
#   severity: medium
#   field: class
#   remedy: Use a priority class that the department is entitled to, or ask capacity planning for this one.
CLASS_NOT_ENTITLED(row) := false if {
	proof.listed(row.class, data.organisation.departments[row.department].classes)
} else := {"limit": data.organisation.departments[row.department].classes}

# METADATA
# title: The duration is above the limit of the priority class
# custom:
#   mode: enforce
#   severity: medium
#   field: durationSeconds
#   remedy: Ask for a shorter duration and extend the lease later, or use a class with a longer limit.
DURATION_TOO_LONG(row) := false if {
	proof.at_most(row.durationSeconds, data.organisation.classes[row.class].maxDurationSeconds)
} else := {"limit": data.organisation.classes[row.class].maxDurationSeconds}

# METADATA
# title: The department may not ask for this kind
# custom:
#   mode: enforce
#   severity: medium
#   field: quantities
#   remedy: Leave the kind out of the request, or ask capacity planning to open it to the department.
KIND_NOT_ALLOWED(row) := false if {
	kinds := data.organisation.departments[row.department].kinds
	every kind, _ in row.quantities {
		proof.listed_or_any(kind, kinds)
	}
} else := {"want": foreign, "limit": kinds} if {
	kinds := data.organisation.departments[row.department].kinds
	foreign := sort([kind | some kind, _ in row.quantities; not proof.listed_or_any(kind, kinds)])
}

# METADATA
# title: The quantity of a kind is above the department's limit for one request
# custom:
#   mode: enforce
#   severity: medium
#   field: quantities
#   remedy: Split the request, or ask for no more than the limit.
QUANTITY_TOO_LARGE(row) := false if {
	limits := data.organisation.departments[row.department].limits
	every kind, quantity in row.quantities {
		within(limits, kind, quantity)
	}
} else := {"want": excess, "limit": {kind: limit_of(limits, kind) | some kind, _ in excess}} if {
	limits := data.organisation.departments[row.department].limits
	excess := {kind: quantity |
		some kind, quantity in row.quantities
		not within(limits, kind, quantity)
	}
}

within(limits, kind, quantity) if proof.at_most(quantity, limit_of(limits, kind))

# The entry "*" limits every kind that has none of its own; with neither the limit is null, which nothing is at most.
limit_of(limits, kind) := object.get(limits, kind, object.get(limits, "*", null)) if is_object(limits)
