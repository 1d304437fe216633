# METADATA
# title: A policy that misbehaves on demand
# description: The purpose of a row names the fault. For tests of the host; never shipped.
# custom:
#   owner: tests
#   severity: low
#   field: purpose
#   remedy: State another purpose.
package annona.policies.hostile

# METADATA
# title: Two values for one call, which aborts the evaluation
# custom:
#   mode: enforce
THROWS(row) := false if {
	row.purpose != "throw"
} else := false if {
	torn(row) == 3
}

torn(row) := 1 if row.purpose != ""

torn(row) := 2 if row.purpose != " "

# METADATA
# title: Hours of comparing characters, with hardly any memory
# custom:
#   mode: enforce
SPINS(row) := false if {
	row.purpose != "spin"
} else := false if {
	thousand := concat("", [letter | some _ in numbers.range(1, 1000); letter := "a"])
	haystack := replace(thousand, "a", thousand)
	needle := concat("", [replace(substring(thousand, 0, 500), "a", thousand), "b"])
	not contains(haystack, needle)
}

# METADATA
# title: A cross product that outgrows any memory
# custom:
#   mode: enforce
HOGS(row) := false if {
	row.purpose != "hog"
} else := false if {
	count([1 | some _ in numbers.range(1, 20000); some _ in numbers.range(1, 20000)]) > 0
}

# METADATA
# title: An explanation that is larger than the heap of whoever reads it
# custom:
#   mode: enforce
SWELLS(row) := false if {
	row.purpose != "swell"
} else := {"limit": [million | some _ in numbers.range(1, 32)]} if {
	thousand := concat("", [letter | some _ in numbers.range(1, 1000); letter := "a"])
	million := concat("", [part | some _ in numbers.range(1, 1000); part := thousand])
}

# METADATA
# title: No value at all for some rows
# custom:
#   mode: enforce
UNDEFINED(row) := false if row.purpose != "undefined"

# METADATA
# title: True, without saying what was compared
# custom:
#   mode: enforce
PLAIN(row) := row.purpose == "plain"

# METADATA
# title: A warning
# custom:
#   mode: warn
WARNS(row) := row.purpose == "warn"

# METADATA
# title: A rule on trial
# custom:
#   mode: dryrun
ON_TRIAL(row) := row.purpose == "trial"

# METADATA
# title: A duty that the tests turn into one that no host knows
# custom:
#   obligation:
#     kind: audit
LEVITATE(row) := row.purpose == "levitate"

# METADATA
# title: A reviewer's approval
# custom:
#   obligation:
#     kind: approval
#     skill: finance
APPROVE(row) := row.purpose == "approve"
