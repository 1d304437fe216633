# METADATA
# title: GPU models
# description: A department is given only GPUs of the models that it is entitled to.
# custom:
#   owner: capacity-planning
package annona.policies.models

import data.annona.library.proof

# METADATA
# title: The request could be given a GPU model that the department is not entitled to
# custom:
#   mode: enforce
#   severity: medium
#   field: models
#   remedy: Select GPUs by the label model, and of models that the department is entitled to, or ask capacity planning for the others.
MODEL_NOT_ENTITLED(row) := false if {
	is_array(row.models)
	models := data.organisation.departments[row.department].models
	every model in row.models {
		proof.listed_or_any(model, models)
	}
} else := {"want": foreign, "limit": models} if {
	models := data.organisation.departments[row.department].models
	foreign := sort([model | some model in row.models; not proof.listed_or_any(model, models)])
}
