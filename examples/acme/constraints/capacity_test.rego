package annona.capacity_test

import data.annona.policies.capacity

test_every_department_that_may_read_restricted_data_has_a_row if {
	ids := {said.id | some said in capacity.RESTRICTED_LEASES} with data.organisation as data.vectors.data
	ids == {"finance"}
}

test_a_department_of_a_lower_ceiling_has_none if {
	organisation := {"departments": {"support": {"clearanceCeiling": 2}}}
	said := capacity.RESTRICTED_LEASES with data.organisation as organisation
	count(said) == 0
}

test_three_days_are_the_end_of_batch_work if {
	capacity.BATCH_TOO_LONG({"class": "batch", "durationSeconds": 259200}) == false
	capacity.BATCH_TOO_LONG({"class": "batch", "durationSeconds": 259201}) == {"limit": 259200}
	capacity.BATCH_TOO_LONG({"class": "standard", "durationSeconds": 259201}) == false
}
