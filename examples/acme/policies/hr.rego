# METADATA
# title: Human resources
# description: Files of people are opened by payroll and by recruiting alone, never by agents that only welcome.
# custom:
#   owner: hr
package annona.policies.hr

import data.annona.library.proof

# METADATA
# title: The agent has no skill for which personnel files are open
# custom:
#   mode: enforce
#   severity: critical
#   field: datasets
#   remedy: Have an agent with the skill payroll or recruiting submit it, or leave the dataset personnel out.
HR_PERSONNEL_NOT_OPEN(row) := false if {
	elsewhere(row)
} else := false if {
	is_array(row.datasets)
	every dataset in row.datasets {
		is_open(dataset)
	}
} else := false if {
	is_array(row.skills)
	some skill in row.skills
	proof.listed(skill, skills)
} else := {"want": row.datasets, "limit": skills}

# "*" is any of more datasets than a row names: the files of people may be one of them.
is_open(dataset) if {
	is_string(dataset)
	dataset != "personnel"
	dataset != "*"
}

skills := ["payroll", "recruiting"]

elsewhere(row) if {
	is_string(row.department)
	row.department != "hr"
}
