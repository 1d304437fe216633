# METADATA
# title: Handling of classified data
# description: Classified data is used for a stated purpose, and the most sensitive only with a reviewer's approval.
# custom:
#   owner: information-security
package annona.policies.handling

import data.annona.library.proof

# METADATA
# title: Data of this classification needs a stated purpose
# custom:
#   mode: enforce
#   severity: medium
#   field: purpose
#   remedy: State the purpose of the request.
PURPOSE_REQUIRED(row) := false if {
	proof.filled(row.purpose)
} else := false if {
	proof.below(row.classification, data.organisation.purposeRequiredFrom)
} else := {"limit": data.organisation.purposeRequiredFrom}

# METADATA
# title: The purpose is too short for a reviewer to judge
# custom:
#   mode: warn
#   severity: low
#   field: purpose
#   remedy: Say in a sentence what the data is used for.
PURPOSE_VAGUE(row) := false if {
	proof.below(row.classification, data.organisation.purposeRequiredFrom)
} else := false if {
	is_string(row.purpose)
	proof.at_least(count(trim_space(row.purpose)), least_purpose_characters)
} else := {"limit": least_purpose_characters}

# "fraud model v2" is 14 characters; "test", "work" and "training" say nothing to a reviewer.
least_purpose_characters := 12

# METADATA
# title: Data of this classification needs the approval of a reviewer
# custom:
#   severity: high
#   field: classification
#   remedy: Nothing to do; a reviewer is asked. The approval binds to the claims and the purpose.
#   obligation:
#     kind: approval
#     skill: data-protection
APPROVAL_NEEDED(row) := false if {
	proof.below(row.classification, data.organisation.approvalRequiredFrom)
} else := {"limit": data.organisation.approvalRequiredFrom}
