# METADATA
# title: Rows from columns
# description: |
#   A batch arrives as one array per field (2.5 times cheaper to parse than one object per request). A row missing from
#   any column is missing here, so the row count that the verdict echoes no longer matches and the host denies the chunk.
package annona.library.rows

all := [row |
	some i, department in input.department
	row := {
		"department": department,
		"agent": input.agent[i],
		"roles": input.roles[i],
		"skills": input.skills[i],
		"clearance": input.clearance[i],
		"class": input.class[i],
		"classification": input.classification[i],
		"purpose": input.purpose[i],
		"durationSeconds": input.durationSeconds[i],
		"preemptible": input.preemptible[i],
		"quantities": input.quantities[i],
		"models": input.models[i],
		"datasets": input.datasets[i],
		"costMinor": input.costMinor[i],
		"hour": input.hour[i],
		"weekday": input.weekday[i],
	}
]

# The host checks the same before it encodes; a policy evaluated by anything else is guarded too.
well_formed(row) if {
	is_string(row.department)
	is_string(row.agent)
	is_array(row.roles)
	is_array(row.skills)
	is_number(row.clearance)
	is_string(row.class)
	is_number(row.classification)
	is_string(row.purpose)
	is_number(row.durationSeconds)
	is_boolean(row.preemptible)
	is_object(row.quantities)
	count(row.quantities) > 0
	is_array(row.models)
	is_array(row.datasets)
	is_number(row.costMinor)
	is_number(row.hour)
	is_number(row.weekday)
}

# What a rule adds to its finding; a rule that only says true adds nothing.
detail(value) := value if is_object(value)

else := {}
