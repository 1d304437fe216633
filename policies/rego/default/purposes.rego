# METADATA
# title: Purposes of datasets
# description: |
#   A dataset is used for what it was collected for. A purpose begins with its category and a colon, or is one, as in
#   "payroll: run of November".
# custom:
#   owner: data-protection
package annona.policies.purposes

import data.annona.library.proof

# METADATA
# title: A dataset that the request could be given is not for this purpose
# custom:
#   mode: enforce
#   severity: high
#   field: purpose
#   remedy: Begin the purpose with one that the dataset is for, followed by a colon, or select another dataset.
DATASET_FOR_OTHER_PURPOSE(row) := false if {
	is_array(row.datasets)
	every dataset in row.datasets {
		is_for(dataset, row.purpose)
	}
} else := {"want": foreign, "limit": {dataset: limits | some dataset in foreign; limits := purposes_of(dataset)}} if {
	purpose := row.purpose
	foreign := sort([dataset | some dataset in row.datasets; not is_for(dataset, purpose)])
}

is_for(dataset, purpose) if {
	is_string(purpose)
	proof.listed_or_any(category(purpose), purposes_of(dataset))
}

# More datasets than a row names are any of them: only where none is limited is that for every purpose.
purposes_of("*") := "*" if data.organisation.datasets == {}

purposes_of(dataset) := object.get(data.organisation.datasets, dataset, "*") if {
	is_string(dataset)
	dataset != "*"
	is_object(data.organisation.datasets)
}

category(purpose) := lower(trim_space(split(purpose, ":")[0]))
