# METADATA
# title: Sales
# description: Only production work of sales holds what others wait for.
# custom:
#   owner: sales
package annona.policies.sales

import data.annona.library.proof

# METADATA
# title: Sales asks for units that nobody may take back, outside of production
# custom:
#   mode: enforce
#   severity: medium
#   field: preemptible
#   remedy: Submit it as preemptible, or in the class production if a customer waits.
SALES_MUST_YIELD(row) := false if {
	elsewhere(row)
} else := false if {
	row.preemptible == true
} else := false if {
	proof.same(row.class, "production")
} else := {"limit": "production"}

elsewhere(row) if {
	is_string(row.department)
	row.department != "sales"
}
