# METADATA
# title: Separation of duties
# description: Nobody has two roles or skills together of which the one is to check the other.
# custom:
#   owner: internal-audit
package annona.policies.duties

# METADATA
# title: The agent has two duties that must be separate
# custom:
#   mode: enforce
#   severity: high
#   field: roles
#   remedy: Ask an administrator to take one of the two roles or skills from the agent, and have another agent do it.
DUTIES_NOT_SEPARATED(row) := false if {
	held := duties(row)
	is_array(data.organisation.separatedDuties)
	every pair in data.organisation.separatedDuties {
		separate(pair, held)
	}
} else := {"want": sort(held), "limit": joined} if {
	held := duties(row)
	joined := [pair | some pair in data.organisation.separatedDuties; not separate(pair, held)]
}

duties(row) := array.concat(row.roles, row.skills) if {
	is_array(row.roles)
	is_array(row.skills)
}

separate(pair, held) if {
	is_array(pair)
	count(pair) == 2
	count([duty | some duty in pair; duty in held]) < 2
}
