# METADATA
# title: Marketing
# description: Large renderings leave the GPUs of the working day to others.
# custom:
#   owner: marketing
package annona.policies.marketing

import data.annona.library.proof

# METADATA
# title: Marketing asks for more than four GPUs in office hours
# custom:
#   mode: enforce
#   severity: low
#   field: quantities
#   remedy: Submit after 18:00 UTC or at the weekend, or ask for four GPUs or fewer.
MARKETING_LARGE_BY_DAY(row) := false if {
	elsewhere(row)
} else := false if {
	is_object(row.quantities)
	proof.at_most(object.get(row.quantities, "gpu", 0), most_gpus)
} else := false if {
	proof.at_least(row.weekday, saturday)
} else := false if {
	proof.below(row.hour, opens)
} else := false if {
	proof.at_least(row.hour, closes)
} else := {"want": row.quantities, "limit": most_gpus}

most_gpus := 4

saturday := 5

opens := 8

closes := 18

elsewhere(row) if {
	is_string(row.department)
	row.department != "marketing"
}
