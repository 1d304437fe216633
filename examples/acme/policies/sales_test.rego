# What would fail open: fields that are missing or of another type. The limits are held by vectors.json.
package annona.sales_test

import data.annona.policies.sales

row := {"department": "sales", "class": "standard", "durationSeconds": 3600, "preemptible": false, "purpose": "See what the policies say", "quantities": {"gpu": 1}, "datasets": [], "skills": [], "costMinor": 100, "hour": 10, "weekday": 0}

test_the_row_is_a_hit if not clean(row)

clean(asked) if sales.SALES_MUST_YIELD(asked) == false

test_other_departments_are_no_business_of_this_policy if {
	clean(object.union(row, {"department": "another"}))
}

test_a_field_of_another_type_is_a_hit if {
	every field in ["preemptible", "class", "department"] {
		every value in [null, {"9"}] {
			odd := object.union(object.remove(row, [field]), {field: value})
			not clean(odd)
		}
		without := object.remove(row, [field])
		not clean(without)
	}
}
