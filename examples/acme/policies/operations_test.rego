# What would fail open: fields that are missing or of another type. The limits are held by vectors.json.
package annona.operations_test

import data.annona.policies.operations

row := {"department": "operations", "class": "standard", "durationSeconds": 3600, "preemptible": true, "purpose": "See what the policies say", "quantities": {"gpu": 1}, "datasets": [], "skills": [], "costMinor": 50001, "hour": 10, "weekday": 0}

test_the_row_is_a_hit if not clean(row)

clean(asked) if operations.OPERATIONS_TOO_DEAR(asked) == false

test_other_departments_are_no_business_of_this_policy if {
	clean(object.union(row, {"department": "another"}))
}

test_a_field_of_another_type_is_a_hit if {
	every field in ["costMinor", "class", "department"] {
		every value in [null, {"9"}] {
			odd := object.union(object.remove(row, [field]), {field: value})
			not clean(odd)
		}
		without := object.remove(row, [field])
		not clean(without)
	}
}
