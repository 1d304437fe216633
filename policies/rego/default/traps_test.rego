# What Rego would let through: other types, missing fields, missing data. Every rule must still not be false.
package annona.traps_test

import data.annona.verdict

organisation := {
	"departments": {"d": {
		"classes": ["batch"],
		"kinds": ["gpu"],
		"limits": {"gpu": 8},
		"clearanceCeiling": 3,
		"models": ["A100"],
		"agentsMost": 1,
		"quietHours": {"from": 22, "to": 6, "classes": ["urgent"]},
	}},
	"classes": {"batch": {"maxDurationSeconds": 60, "maxCostMinor": 100}},
	"agents": {"a": {"department": "d", "ordinal": 1}},
	"datasets": {"personnel": ["payroll"]},
	"separatedDuties": [["auditor", "operator"]],
	"purposeRequiredFrom": 2,
	"approvalRequiredFrom": 3,
	"revision": "r",
}

other_types := [null, true, "9", "", [], {}, {1, 2}]

test_a_clearance_of_another_type_is_too_low if {
	verdict.clean_CLEARANCE_TOO_LOW({"clearance": 0, "classification": 0})
	every value in other_types {
		not verdict.clean_CLEARANCE_TOO_LOW({"clearance": value, "classification": 0})
		not verdict.clean_CLEARANCE_TOO_LOW({"clearance": 0, "classification": value})
	}
	not verdict.clean_CLEARANCE_TOO_LOW({})
	not verdict.clean_CLEARANCE_TOO_LOW({"clearance": 9})
}

test_a_ceiling_of_another_type_is_too_low if {
	row := {"department": "d", "classification": 0}
	verdict.clean_DEPARTMENT_CLEARANCE_TOO_LOW(row) with data.organisation as organisation
	every value in other_types {
		other := department_with({"clearanceCeiling": value})
		not verdict.clean_DEPARTMENT_CLEARANCE_TOO_LOW(row) with data.organisation as other
	}
	not verdict.clean_DEPARTMENT_CLEARANCE_TOO_LOW(row) with data.organisation as {}
}

test_a_duration_of_another_type_is_too_long if {
	row := {"class": "batch", "durationSeconds": 60}
	verdict.clean_DURATION_TOO_LONG(row) with data.organisation as organisation
	every value in other_types {
		not verdict.clean_DURATION_TOO_LONG({"class": "batch", "durationSeconds": value}) with data.organisation as organisation
		other := object.union(object.remove(organisation, ["classes"]), {"classes": {"batch": {"maxDurationSeconds": value}}})
		not verdict.clean_DURATION_TOO_LONG(row) with data.organisation as other
	}
	not verdict.clean_DURATION_TOO_LONG({"durationSeconds": 60}) with data.organisation as organisation
}

test_a_quantity_of_another_type_is_too_large if {
	row := {"department": "d", "quantities": {"gpu": 1}}
	verdict.clean_QUANTITY_TOO_LARGE(row) with data.organisation as organisation
	every value in other_types {
		odd := {"department": "d", "quantities": {"gpu": value}}
		not verdict.clean_QUANTITY_TOO_LARGE(odd) with data.organisation as organisation
		other := department_with({"limits": {"gpu": value}})
		not verdict.clean_QUANTITY_TOO_LARGE(row) with data.organisation as other
		without := department_with({"limits": value})
		not verdict.clean_QUANTITY_TOO_LARGE(row) with data.organisation as without
	}
	not verdict.clean_QUANTITY_TOO_LARGE({"department": "d"}) with data.organisation as organisation
}

test_lists_of_another_type_list_nothing if {
	row := {"department": "d", "class": "batch", "quantities": {"gpu": 1}}
	verdict.clean_CLASS_NOT_ENTITLED(row) with data.organisation as organisation
	verdict.clean_KIND_NOT_ALLOWED(row) with data.organisation as organisation
	every value in other_types {
		other := department_with({"classes": value, "kinds": value})
		not verdict.clean_CLASS_NOT_ENTITLED(row) with data.organisation as other
		not verdict.clean_KIND_NOT_ALLOWED(row) with data.organisation as other
	}
}

test_a_purpose_of_another_type_is_vague if {
	verdict.clean_PURPOSE_VAGUE({"purpose": "fraud model v2", "classification": 2}) with data.organisation as organisation
	every value in [null, true, 9, [], {}, {1, 2}] {
		row := {"purpose": value, "classification": 2}
		not verdict.clean_PURPOSE_VAGUE(row) with data.organisation as organisation
	}
}

test_a_list_of_another_form_lists_nothing if {
	keyed := department_with({"classes": {"x": "batch"}, "kinds": {"x": "gpu"}})
	not verdict.clean_CLASS_NOT_ENTITLED({"department": "d", "class": "batch"}) with data.organisation as keyed
	numbered := department_with({"classes": [9]})
	not verdict.clean_CLASS_NOT_ENTITLED({"department": "d", "class": 9}) with data.organisation as numbered
}

test_a_classification_of_another_type_needs_a_purpose if {
	verdict.clean_PURPOSE_REQUIRED({"purpose": "", "classification": 0}) with data.organisation as organisation
	every value in other_types {
		row := {"purpose": "", "classification": value}
		not verdict.clean_PURPOSE_REQUIRED(row) with data.organisation as organisation
		not verdict.clean_APPROVAL_NEEDED(row) with data.organisation as organisation
	}
}

test_an_identity_of_another_type_is_unknown if {
	row := {"department": "d", "agent": "a"}
	verdict.clean_DEPARTMENT_UNKNOWN(row) with data.organisation as organisation
	verdict.clean_AGENT_UNKNOWN(row) with data.organisation as organisation
	every value in other_types {
		not verdict.clean_DEPARTMENT_UNKNOWN({"department": value}) with data.organisation as organisation
		not verdict.clean_AGENT_UNKNOWN({"department": value, "agent": "a"}) with data.organisation as organisation
		not verdict.clean_AGENT_UNKNOWN({"department": "d", "agent": value}) with data.organisation as organisation
	}
	every value in [null, true, 9, [], {}, {1, 2}] {
		other := object.union(object.remove(organisation, ["agents"]), {"agents": {"a": {"department": value}}})
		not verdict.clean_AGENT_UNKNOWN({"department": value, "agent": "a"}) with data.organisation as other
	}
}

test_a_department_of_another_type_is_unknown if {
	every value in [null, true, "9", "", [], {1, 2}] {
		other := {"departments": {"d": value}}
		not verdict.clean_DEPARTMENT_UNKNOWN({"department": "d"}) with data.organisation as other
	}
}

test_a_purpose_of_another_type_is_none if {
	every value in [null, true, 9, [], {}, {1, 2}] {
		row := {"purpose": value, "classification": 2}
		not verdict.clean_PURPOSE_REQUIRED(row) with data.organisation as organisation
	}
	every value in other_types {
		row := {"purpose": "", "classification": 0}
		other := object.union(organisation, {"purposeRequiredFrom": value, "approvalRequiredFrom": value})
		not verdict.clean_PURPOSE_REQUIRED(row) with data.organisation as other
		not verdict.clean_PURPOSE_VAGUE(row) with data.organisation as other
		not verdict.clean_APPROVAL_NEEDED(row) with data.organisation as other
	}
}

test_models_of_another_type_are_not_entitled if {
	row := {"department": "d", "models": ["A100"]}
	verdict.clean_MODEL_NOT_ENTITLED(row) with data.organisation as organisation
	every value in [null, true, 9, "", "A100", {}, {1, 2}] {
		not verdict.clean_MODEL_NOT_ENTITLED({"department": "d", "models": value}) with data.organisation as organisation
		not verdict.clean_MODEL_NOT_ENTITLED({"department": "d", "models": [value]}) with data.organisation as without_models
	}
	every value in other_types {
		other := department_with({"models": value})
		not verdict.clean_MODEL_NOT_ENTITLED(row) with data.organisation as other
	}
	not verdict.clean_MODEL_NOT_ENTITLED({"department": "d"}) with data.organisation as organisation
}

without_models := department_with({"models": []})

test_datasets_and_purposes_of_another_type_do_not_match if {
	row := {"datasets": ["personnel"], "purpose": "payroll"}
	verdict.clean_DATASET_FOR_OTHER_PURPOSE(row) with data.organisation as organisation
	every value in [null, true, 9, "", "weather", {}, {1, 2}] {
		odd := {"datasets": value, "purpose": "payroll"}
		not verdict.clean_DATASET_FOR_OTHER_PURPOSE(odd) with data.organisation as organisation
	}
	every value in [null, true, 9, {}, []] {
		odd := {"datasets": [value], "purpose": "payroll"}
		not verdict.clean_DATASET_FOR_OTHER_PURPOSE(odd) with data.organisation as organisation
		unsaid := {"datasets": ["weather"], "purpose": value}
		not verdict.clean_DATASET_FOR_OTHER_PURPOSE(unsaid) with data.organisation as organisation
	}
	every value in [null, true, 9, "", {1, 2}] {
		other := object.union(object.remove(organisation, ["datasets"]), {"datasets": value})
		not verdict.clean_DATASET_FOR_OTHER_PURPOSE(row) with data.organisation as other
	}
	not verdict.clean_DATASET_FOR_OTHER_PURPOSE({"purpose": "payroll"}) with data.organisation as organisation
	not verdict.clean_DATASET_FOR_OTHER_PURPOSE({"datasets": ["personnel"]}) with data.organisation as organisation
}

test_any_dataset_is_for_every_purpose_where_none_is_limited if {
	row := {"datasets": ["*"], "purpose": ""}
	unlimited := object.union(object.remove(organisation, ["datasets"]), {"datasets": {}})
	verdict.clean_DATASET_FOR_OTHER_PURPOSE(row) with data.organisation as unlimited
	not verdict.clean_DATASET_FOR_OTHER_PURPOSE(row) with data.organisation as organisation
	starred := object.union(object.remove(organisation, ["datasets"]), {"datasets": {"*": ["payroll"]}})
	not verdict.clean_DATASET_FOR_OTHER_PURPOSE({"datasets": ["*"], "purpose": "payroll"}) with data.organisation as starred
	not verdict.clean_DATASET_FOR_OTHER_PURPOSE(row) with data.organisation as {}
}

test_a_cost_of_another_type_is_too_high if {
	row := {"class": "batch", "costMinor": 100}
	verdict.clean_COST_TOO_HIGH(row) with data.organisation as organisation
	every value in other_types {
		not verdict.clean_COST_TOO_HIGH({"class": "batch", "costMinor": value}) with data.organisation as organisation
		other := object.union(object.remove(organisation, ["classes"]), {"classes": {"batch": {"maxCostMinor": value}}})
		not verdict.clean_COST_TOO_HIGH(row) with data.organisation as other
	}
	not verdict.clean_COST_TOO_HIGH({"class": "batch"}) with data.organisation as organisation
}

test_an_hour_of_another_type_is_quiet if {
	row := {"department": "d", "class": "batch", "hour": 12}
	verdict.clean_QUIET_HOURS(row) with data.organisation as organisation
	every value in other_types {
		odd := {"department": "d", "class": "batch", "hour": value}
		not verdict.clean_QUIET_HOURS(odd) with data.organisation as organisation
		from := department_with({"quietHours": {"from": value, "to": 6, "classes": []}})
		not verdict.clean_QUIET_HOURS(row) with data.organisation as from
		to := department_with({"quietHours": {"from": 22, "to": value, "classes": []}})
		not verdict.clean_QUIET_HOURS(row) with data.organisation as to
		none := department_with({"quietHours": value})
		not verdict.clean_QUIET_HOURS(row) with data.organisation as none
		classes := department_with({"quietHours": {"from": 8, "to": 17, "classes": value}})
		not verdict.clean_QUIET_HOURS(row) with data.organisation as classes
	}
	not verdict.clean_QUIET_HOURS({"department": "d", "class": "batch"}) with data.organisation as organisation
}

test_duties_of_another_type_are_not_separate if {
	row := {"roles": ["auditor"], "skills": ["build"]}
	verdict.clean_DUTIES_NOT_SEPARATED(row) with data.organisation as organisation
	every value in [null, true, 9, "", "auditor", {}, {1, 2}] {
		not verdict.clean_DUTIES_NOT_SEPARATED({"roles": value, "skills": []}) with data.organisation as organisation
		not verdict.clean_DUTIES_NOT_SEPARATED({"roles": [], "skills": value}) with data.organisation as organisation
		other := {"separatedDuties": value}
		not verdict.clean_DUTIES_NOT_SEPARATED(row) with data.organisation as other
		odd := {"separatedDuties": [value]}
		not verdict.clean_DUTIES_NOT_SEPARATED(row) with data.organisation as odd
	}
	not verdict.clean_DUTIES_NOT_SEPARATED({"roles": []}) with data.organisation as organisation
	not verdict.clean_DUTIES_NOT_SEPARATED({"skills": []}) with data.organisation as organisation
	not verdict.clean_DUTIES_NOT_SEPARATED(row) with data.organisation as {}
	every value in [["a"], ["a", "b", "c"], []] {
		other := {"separatedDuties": [value]}
		not verdict.clean_DUTIES_NOT_SEPARATED(row) with data.organisation as other
	}
}

test_an_ordinal_or_cap_of_another_type_is_beyond if {
	row := {"department": "d", "agent": "a"}
	verdict.clean_AGENT_BEYOND_CAP(row) with data.organisation as organisation
	every value in other_types {
		other := department_with({"agentsMost": value})
		not verdict.clean_AGENT_BEYOND_CAP(row) with data.organisation as other
		agents := {"a": {"department": "d", "ordinal": value}}
		odd := object.union(object.remove(organisation, ["agents"]), {"agents": agents})
		not verdict.clean_AGENT_BEYOND_CAP(row) with data.organisation as odd
	}
}

department_with(fields) := object.union(
	object.remove(organisation, ["departments"]),
	{"departments": {"d": object.union(object.remove(organisation.departments.d, object.keys(fields)), fields)}},
)

columns := {
	"tick": "t",
	"department": ["d", "d"],
	"agent": ["a", "a"],
	"roles": [[], []],
	"skills": [[], []],
	"clearance": [3, 3],
	"class": ["batch", "batch"],
	"classification": [0, 0],
	"purpose": ["", ""],
	"durationSeconds": [1, 1],
	"preemptible": [false, true],
	"quantities": [{"gpu": 1}, {"gpu": 1}],
	"models": [["A100"], []],
	"datasets": [[], []],
	"costMinor": [0, 100],
	"hour": [12, 6],
	"weekday": [0, 6],
}

test_whole_columns_are_allowed if {
	answer := verdict.batch with input as columns with data.organisation as organisation
	answer.allow == {0, 1}
	answer.n == 2
}

test_a_short_or_missing_column_shows_in_the_count if {
	every field, _ in columns {
		short := object.union(columns, {field: ["d"]})
		answer := verdict.batch with input as short with data.organisation as organisation
		is_one_or_none(field, answer)
	}
	every field in object.keys(columns) {
		answers := [a | a := verdict.batch with input as object.remove(columns, [field]) with data.organisation as organisation]
		every answer in answers {
			answer.n == 0
		}
	}
}

is_one_or_none("tick", _)

is_one_or_none(field, answer) if {
	field != "tick"
	answer.n < 2
}

test_a_malformed_field_is_never_allowed if {
	every field, _ in object.remove(columns, ["tick"]) {
		input_row := object.union(columns, {field: [null, null]})
		answer := verdict.batch with input as input_row with data.organisation as organisation
		count(answer.allow) == 0
		answer.deny.POLICY_INPUT_INVALID == {0, 1}
	}
}

test_no_quantities_are_malformed if {
	none := object.union(columns, {"quantities": [{}, {}]})
	answer := verdict.batch with input as none with data.organisation as organisation
	answer.deny.POLICY_INPUT_INVALID == {0, 1}
	count(answer.allow) == 0
}

test_without_data_nothing_is_answered if {
	not verdict.batch with input as columns
	not verdict.batch with input as columns with data.organisation as object.remove(organisation, ["revision"])
}

test_a_finding_carries_what_was_compared if {
	row := object.union(columns, {"clearance": [0, 3], "classification": [1, 1]})
	answer := verdict.explain with input as row with data.organisation as organisation
	answer.findings == {{
		"row": 0, "code": "CLEARANCE_TOO_LOW", "policy": "clearance",
		"field": "classification", "want": 1, "limit": 0,
	}}
}

test_a_finding_without_data_has_no_limit if {
	row := object.union(columns, {"department": ["x", "d"]})
	answer := verdict.explain with input as row with data.organisation as organisation
	{finding.code | some finding in answer.findings} == {
		"AGENT_BEYOND_CAP", "AGENT_UNKNOWN", "CLASS_NOT_ENTITLED", "DEPARTMENT_CLEARANCE_TOO_LOW",
		"DEPARTMENT_UNKNOWN", "KIND_NOT_ALLOWED", "MODEL_NOT_ENTITLED", "QUANTITY_TOO_LARGE", "QUIET_HOURS",
	}
	every finding in answer.findings {
		finding.limit == null
	}
}
