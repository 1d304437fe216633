# What would fail open: fields that are missing or of another type. The limits are held by vectors.json.
package annona.engineering_test

import data.annona.policies.engineering

row := {"department": "engineering", "class": "critical", "durationSeconds": 3601, "preemptible": true, "purpose": "See what the policies say", "quantities": {"gpu": 1}, "datasets": [], "skills": [], "costMinor": 100, "hour": 10, "weekday": 0}

test_the_row_is_a_hit if not clean(row)

clean(asked) if engineering.ENGINEERING_CRITICAL_TOO_LONG(asked) == false

test_other_departments_are_no_business_of_this_policy if {
	clean(object.union(row, {"department": "another"}))
}

test_a_field_of_another_type_is_a_hit if {
	every field in ["durationSeconds", "class", "department"] {
		every value in [null, {"9"}] {
			odd := object.union(object.remove(row, [field]), {field: value})
			not clean(odd)
		}
		without := object.remove(row, [field])
		not clean(without)
	}
}
