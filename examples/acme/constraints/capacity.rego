# What the departments of Acme share, as rows of the tick's integer program; docs/policy-guide.md walks through it.
# METADATA
# title: Sharing what is scarce
# custom:
#   owner: capacity-planning
package annona.policies.capacity

import data.annona.library.proof

# METADATA
# title: Batch work lasts at most three days
# custom:
#   mode: enforce
#   severity: low
#   field: durationSeconds
#   remedy: Split the work, or ask for a shorter duration and extend the lease later.
BATCH_TOO_LONG(row) := false if {
	proof.below(row.durationSeconds, 259201)
} else := false if {
	proof.listed(row.class, ["critical", "production", "standard"])
} else := {"limit": 259200}

# METADATA
# title: Batch work holds at most 64 H100 together
# custom:
#   mode: enforce
#   severity: medium
#   remedy: Ask for an A100, or wait until batch work on H100 ends.
#   constraint:
#     kind: sum
#     op: "<="
BATCH_H100 contains {
	"over": {"classes": ["batch"], "kinds": ["gpu"], "labels": {"model": "H100"}},
	"terms": [{"coef": 1, "per": "unit"}],
	"rhs": 64,
}

# METADATA
# title: Data of a department's highest level is read by few leases at a time
# custom:
#   mode: warn
#   severity: medium
#   remedy: Wait until a lease on restricted data ends.
#   constraint:
#     kind: sum
#     op: "<="
RESTRICTED_LEASES contains said if {
	some id, department in data.organisation.departments
	department.clearanceCeiling == 3
	said := {
		"id": id,
		"over": {"departments": [id], "classifications": [3]},
		"terms": [{"coef": 1, "per": "grant"}],
		"rhs": 10,
	}
}

# METADATA
# title: Support has 40 GPUs at work before others have more
# custom:
#   mode: enforce
#   severity: medium
#   remedy: Nothing to do; it keeps nobody out.
#   constraint:
#     kind: sum
#     op: ">="
#     price: 200
SUPPORT_FLOOR contains {
	"over": {"departments": ["support"], "kinds": ["gpu"]},
	"terms": [{"coef": 1, "per": "unit"}],
	"rhs": 40,
}

# METADATA
# title: Batch work leaves the H100 to others while it can
# custom:
#   mode: enforce
#   severity: low
#   remedy: Nothing to do; it keeps nobody out.
#   constraint:
#     kind: weight
BATCH_OFF_H100 contains {
	"over": {"classes": ["batch"], "labels": {"model": "H100"}},
	"coef": -120,
}

# METADATA
# title: Nobody who holds the ledger reviews it
# custom:
#   mode: enforce
#   severity: high
#   remedy: Release the dataset first, or let another agent do the review.
#   constraint:
#     kind: separation
LEDGER_APART contains {
	"first": {"kinds": ["dataset"], "labels": {"name": "ledger"}},
	"second": {"kinds": ["review"], "labels": {"skill": "finance-review"}},
}
