# Generated from the reason codes of the policies by policies/compiler; do not edit.
package annona.verdict

import data.annona.library.rows
import data.annona.policies.agents
import data.annona.policies.budget
import data.annona.policies.clearance
import data.annona.policies.duties
import data.annona.policies.entitlement
import data.annona.policies.handling
import data.annona.policies.hours
import data.annona.policies.identity
import data.annona.policies.models
import data.annona.policies.purposes

batch := {
	"v": 1,
	"tick": input.tick,
	"n": count(rows.all),
	"data": data.organisation.revision,
	"allow": allow,
	"deny": deny,
	"obligations": obligations,
}

explain := {
	"v": 1,
	"tick": input.tick,
	"n": count(rows.all),
	"data": data.organisation.revision,
	"findings": findings,
}

allow := {i | some i, _ in rows.all} - union({hits | some hits in deny})

deny := {
	"POLICY_INPUT_INVALID": {i | some i, row in rows.all; not rows.well_formed(row)},
	"AGENT_BEYOND_CAP": {i | some i, row in rows.all; not clean_AGENT_BEYOND_CAP(row)},
	"AGENT_UNKNOWN": {i | some i, row in rows.all; not clean_AGENT_UNKNOWN(row)},
	"CLASS_NOT_ENTITLED": {i | some i, row in rows.all; not clean_CLASS_NOT_ENTITLED(row)},
	"CLEARANCE_TOO_LOW": {i | some i, row in rows.all; not clean_CLEARANCE_TOO_LOW(row)},
	"COST_TOO_HIGH": {i | some i, row in rows.all; not clean_COST_TOO_HIGH(row)},
	"DATASET_FOR_OTHER_PURPOSE": {i | some i, row in rows.all; not clean_DATASET_FOR_OTHER_PURPOSE(row)},
	"DEPARTMENT_CLEARANCE_TOO_LOW": {i | some i, row in rows.all; not clean_DEPARTMENT_CLEARANCE_TOO_LOW(row)},
	"DEPARTMENT_UNKNOWN": {i | some i, row in rows.all; not clean_DEPARTMENT_UNKNOWN(row)},
	"DURATION_TOO_LONG": {i | some i, row in rows.all; not clean_DURATION_TOO_LONG(row)},
	"DUTIES_NOT_SEPARATED": {i | some i, row in rows.all; not clean_DUTIES_NOT_SEPARATED(row)},
	"KIND_NOT_ALLOWED": {i | some i, row in rows.all; not clean_KIND_NOT_ALLOWED(row)},
	"MODEL_NOT_ENTITLED": {i | some i, row in rows.all; not clean_MODEL_NOT_ENTITLED(row)},
	"PURPOSE_REQUIRED": {i | some i, row in rows.all; not clean_PURPOSE_REQUIRED(row)},
	"PURPOSE_VAGUE": {i | some i, row in rows.all; not clean_PURPOSE_VAGUE(row)},
	"QUANTITY_TOO_LARGE": {i | some i, row in rows.all; not clean_QUANTITY_TOO_LARGE(row)},
	"QUIET_HOURS": {i | some i, row in rows.all; not clean_QUIET_HOURS(row)},
}

obligations := {
	"APPROVAL_NEEDED": {i | some i, row in rows.all; not clean_APPROVAL_NEEDED(row)},
}

findings contains {"row": i, "code": "POLICY_INPUT_INVALID", "policy": "rows", "field": null, "want": null, "limit": null} if {
	some i, row in rows.all
	not rows.well_formed(row)
}

clean_AGENT_BEYOND_CAP(row) if agents.AGENT_BEYOND_CAP(row) == false

findings contains {
	"row": i,
	"code": "AGENT_BEYOND_CAP",
	"policy": "agents",
	"field": "agent",
	"want": object.get(detail, "want", object.get(row, "agent", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_AGENT_BEYOND_CAP(row)
	detail := detail_AGENT_BEYOND_CAP(row)
}

detail_AGENT_BEYOND_CAP(row) := rows.detail(value) if {
	value := agents.AGENT_BEYOND_CAP(row)
} else := {}

clean_AGENT_UNKNOWN(row) if identity.AGENT_UNKNOWN(row) == false

findings contains {
	"row": i,
	"code": "AGENT_UNKNOWN",
	"policy": "identity",
	"field": "agent",
	"want": object.get(detail, "want", object.get(row, "agent", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_AGENT_UNKNOWN(row)
	detail := detail_AGENT_UNKNOWN(row)
}

detail_AGENT_UNKNOWN(row) := rows.detail(value) if {
	value := identity.AGENT_UNKNOWN(row)
} else := {}

clean_APPROVAL_NEEDED(row) if handling.APPROVAL_NEEDED(row) == false

findings contains {
	"row": i,
	"code": "APPROVAL_NEEDED",
	"policy": "handling",
	"field": "classification",
	"want": object.get(detail, "want", object.get(row, "classification", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_APPROVAL_NEEDED(row)
	detail := detail_APPROVAL_NEEDED(row)
}

detail_APPROVAL_NEEDED(row) := rows.detail(value) if {
	value := handling.APPROVAL_NEEDED(row)
} else := {}

clean_CLASS_NOT_ENTITLED(row) if entitlement.CLASS_NOT_ENTITLED(row) == false

findings contains {
	"row": i,
	"code": "CLASS_NOT_ENTITLED",
	"policy": "entitlement",
	"field": "class",
	"want": object.get(detail, "want", object.get(row, "class", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_CLASS_NOT_ENTITLED(row)
	detail := detail_CLASS_NOT_ENTITLED(row)
}

detail_CLASS_NOT_ENTITLED(row) := rows.detail(value) if {
	value := entitlement.CLASS_NOT_ENTITLED(row)
} else := {}

clean_CLEARANCE_TOO_LOW(row) if clearance.CLEARANCE_TOO_LOW(row) == false

findings contains {
	"row": i,
	"code": "CLEARANCE_TOO_LOW",
	"policy": "clearance",
	"field": "classification",
	"want": object.get(detail, "want", object.get(row, "classification", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_CLEARANCE_TOO_LOW(row)
	detail := detail_CLEARANCE_TOO_LOW(row)
}

detail_CLEARANCE_TOO_LOW(row) := rows.detail(value) if {
	value := clearance.CLEARANCE_TOO_LOW(row)
} else := {}

clean_COST_TOO_HIGH(row) if budget.COST_TOO_HIGH(row) == false

findings contains {
	"row": i,
	"code": "COST_TOO_HIGH",
	"policy": "budget",
	"field": "costMinor",
	"want": object.get(detail, "want", object.get(row, "costMinor", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_COST_TOO_HIGH(row)
	detail := detail_COST_TOO_HIGH(row)
}

detail_COST_TOO_HIGH(row) := rows.detail(value) if {
	value := budget.COST_TOO_HIGH(row)
} else := {}

clean_DATASET_FOR_OTHER_PURPOSE(row) if purposes.DATASET_FOR_OTHER_PURPOSE(row) == false

findings contains {
	"row": i,
	"code": "DATASET_FOR_OTHER_PURPOSE",
	"policy": "purposes",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_DATASET_FOR_OTHER_PURPOSE(row)
	detail := detail_DATASET_FOR_OTHER_PURPOSE(row)
}

detail_DATASET_FOR_OTHER_PURPOSE(row) := rows.detail(value) if {
	value := purposes.DATASET_FOR_OTHER_PURPOSE(row)
} else := {}

clean_DEPARTMENT_CLEARANCE_TOO_LOW(row) if clearance.DEPARTMENT_CLEARANCE_TOO_LOW(row) == false

findings contains {
	"row": i,
	"code": "DEPARTMENT_CLEARANCE_TOO_LOW",
	"policy": "clearance",
	"field": "classification",
	"want": object.get(detail, "want", object.get(row, "classification", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_DEPARTMENT_CLEARANCE_TOO_LOW(row)
	detail := detail_DEPARTMENT_CLEARANCE_TOO_LOW(row)
}

detail_DEPARTMENT_CLEARANCE_TOO_LOW(row) := rows.detail(value) if {
	value := clearance.DEPARTMENT_CLEARANCE_TOO_LOW(row)
} else := {}

clean_DEPARTMENT_UNKNOWN(row) if identity.DEPARTMENT_UNKNOWN(row) == false

findings contains {
	"row": i,
	"code": "DEPARTMENT_UNKNOWN",
	"policy": "identity",
	"field": "department",
	"want": object.get(detail, "want", object.get(row, "department", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_DEPARTMENT_UNKNOWN(row)
	detail := detail_DEPARTMENT_UNKNOWN(row)
}

detail_DEPARTMENT_UNKNOWN(row) := rows.detail(value) if {
	value := identity.DEPARTMENT_UNKNOWN(row)
} else := {}

clean_DURATION_TOO_LONG(row) if entitlement.DURATION_TOO_LONG(row) == false

findings contains {
	"row": i,
	"code": "DURATION_TOO_LONG",
	"policy": "entitlement",
	"field": "durationSeconds",
	"want": object.get(detail, "want", object.get(row, "durationSeconds", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_DURATION_TOO_LONG(row)
	detail := detail_DURATION_TOO_LONG(row)
}

detail_DURATION_TOO_LONG(row) := rows.detail(value) if {
	value := entitlement.DURATION_TOO_LONG(row)
} else := {}

clean_DUTIES_NOT_SEPARATED(row) if duties.DUTIES_NOT_SEPARATED(row) == false

findings contains {
	"row": i,
	"code": "DUTIES_NOT_SEPARATED",
	"policy": "duties",
	"field": "roles",
	"want": object.get(detail, "want", object.get(row, "roles", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_DUTIES_NOT_SEPARATED(row)
	detail := detail_DUTIES_NOT_SEPARATED(row)
}

detail_DUTIES_NOT_SEPARATED(row) := rows.detail(value) if {
	value := duties.DUTIES_NOT_SEPARATED(row)
} else := {}

clean_KIND_NOT_ALLOWED(row) if entitlement.KIND_NOT_ALLOWED(row) == false

findings contains {
	"row": i,
	"code": "KIND_NOT_ALLOWED",
	"policy": "entitlement",
	"field": "quantities",
	"want": object.get(detail, "want", object.get(row, "quantities", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_KIND_NOT_ALLOWED(row)
	detail := detail_KIND_NOT_ALLOWED(row)
}

detail_KIND_NOT_ALLOWED(row) := rows.detail(value) if {
	value := entitlement.KIND_NOT_ALLOWED(row)
} else := {}

clean_MODEL_NOT_ENTITLED(row) if models.MODEL_NOT_ENTITLED(row) == false

findings contains {
	"row": i,
	"code": "MODEL_NOT_ENTITLED",
	"policy": "models",
	"field": "models",
	"want": object.get(detail, "want", object.get(row, "models", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_MODEL_NOT_ENTITLED(row)
	detail := detail_MODEL_NOT_ENTITLED(row)
}

detail_MODEL_NOT_ENTITLED(row) := rows.detail(value) if {
	value := models.MODEL_NOT_ENTITLED(row)
} else := {}

clean_PURPOSE_REQUIRED(row) if handling.PURPOSE_REQUIRED(row) == false

findings contains {
	"row": i,
	"code": "PURPOSE_REQUIRED",
	"policy": "handling",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_PURPOSE_REQUIRED(row)
	detail := detail_PURPOSE_REQUIRED(row)
}

detail_PURPOSE_REQUIRED(row) := rows.detail(value) if {
	value := handling.PURPOSE_REQUIRED(row)
} else := {}

clean_PURPOSE_VAGUE(row) if handling.PURPOSE_VAGUE(row) == false

findings contains {
	"row": i,
	"code": "PURPOSE_VAGUE",
	"policy": "handling",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_PURPOSE_VAGUE(row)
	detail := detail_PURPOSE_VAGUE(row)
}

detail_PURPOSE_VAGUE(row) := rows.detail(value) if {
	value := handling.PURPOSE_VAGUE(row)
} else := {}

clean_QUANTITY_TOO_LARGE(row) if entitlement.QUANTITY_TOO_LARGE(row) == false

findings contains {
	"row": i,
	"code": "QUANTITY_TOO_LARGE",
	"policy": "entitlement",
	"field": "quantities",
	"want": object.get(detail, "want", object.get(row, "quantities", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_QUANTITY_TOO_LARGE(row)
	detail := detail_QUANTITY_TOO_LARGE(row)
}

detail_QUANTITY_TOO_LARGE(row) := rows.detail(value) if {
	value := entitlement.QUANTITY_TOO_LARGE(row)
} else := {}

clean_QUIET_HOURS(row) if hours.QUIET_HOURS(row) == false

findings contains {
	"row": i,
	"code": "QUIET_HOURS",
	"policy": "hours",
	"field": "hour",
	"want": object.get(detail, "want", object.get(row, "hour", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_QUIET_HOURS(row)
	detail := detail_QUIET_HOURS(row)
}

detail_QUIET_HOURS(row) := rows.detail(value) if {
	value := hours.QUIET_HOURS(row)
} else := {}

views := {
	"v": 1,
	"tick": input.tick,
	"data": data.organisation.revision,
	"rows": {
		"agent,department": count(view_0),
		"classification": count(view_1),
		"class,department": count(view_2),
		"classification,clearance": count(view_3),
		"class,costMinor": count(view_4),
		"datasets,purpose": count(view_5),
		"classification,department": count(view_6),
		"department": count(view_7),
		"class,durationSeconds": count(view_8),
		"roles,skills": count(view_9),
		"department,quantities": count(view_10),
		"department,models": count(view_11),
		"classification,purpose": count(view_12),
		"class,department,hour": count(view_13),
	},
	"clean": {
		"AGENT_BEYOND_CAP": [i | some i, row in view_0; agents.AGENT_BEYOND_CAP(row) == false],
		"AGENT_UNKNOWN": [i | some i, row in view_0; identity.AGENT_UNKNOWN(row) == false],
		"APPROVAL_NEEDED": [i | some i, row in view_1; handling.APPROVAL_NEEDED(row) == false],
		"CLASS_NOT_ENTITLED": [i | some i, row in view_2; entitlement.CLASS_NOT_ENTITLED(row) == false],
		"CLEARANCE_TOO_LOW": [i | some i, row in view_3; clearance.CLEARANCE_TOO_LOW(row) == false],
		"COST_TOO_HIGH": [i | some i, row in view_4; budget.COST_TOO_HIGH(row) == false],
		"DATASET_FOR_OTHER_PURPOSE": [i | some i, row in view_5; purposes.DATASET_FOR_OTHER_PURPOSE(row) == false],
		"DEPARTMENT_CLEARANCE_TOO_LOW": [i | some i, row in view_6; clearance.DEPARTMENT_CLEARANCE_TOO_LOW(row) == false],
		"DEPARTMENT_UNKNOWN": [i | some i, row in view_7; identity.DEPARTMENT_UNKNOWN(row) == false],
		"DURATION_TOO_LONG": [i | some i, row in view_8; entitlement.DURATION_TOO_LONG(row) == false],
		"DUTIES_NOT_SEPARATED": [i | some i, row in view_9; duties.DUTIES_NOT_SEPARATED(row) == false],
		"KIND_NOT_ALLOWED": [i | some i, row in view_10; entitlement.KIND_NOT_ALLOWED(row) == false],
		"MODEL_NOT_ENTITLED": [i | some i, row in view_11; models.MODEL_NOT_ENTITLED(row) == false],
		"PURPOSE_REQUIRED": [i | some i, row in view_12; handling.PURPOSE_REQUIRED(row) == false],
		"PURPOSE_VAGUE": [i | some i, row in view_12; handling.PURPOSE_VAGUE(row) == false],
		"QUANTITY_TOO_LARGE": [i | some i, row in view_10; entitlement.QUANTITY_TOO_LARGE(row) == false],
		"QUIET_HOURS": [i | some i, row in view_13; hours.QUIET_HOURS(row) == false],
	},
}

view_0 := [row |
	view := input.views["agent,department"]
	department_column := view.department
	some i, value in view.agent
	row := {"agent": value, "department": department_column[i]}
]

view_1 := [row |
	view := input.views.classification
	some i, value in view.classification
	row := {"classification": value}
]

view_2 := [row |
	view := input.views["class,department"]
	department_column := view.department
	some i, value in view.class
	row := {"class": value, "department": department_column[i]}
]

view_3 := [row |
	view := input.views["classification,clearance"]
	clearance_column := view.clearance
	some i, value in view.classification
	row := {"classification": value, "clearance": clearance_column[i]}
]

view_4 := [row |
	view := input.views["class,costMinor"]
	costMinor_column := view.costMinor
	some i, value in view.class
	row := {"class": value, "costMinor": costMinor_column[i]}
]

view_5 := [row |
	view := input.views["datasets,purpose"]
	purpose_column := view.purpose
	some i, value in view.datasets
	row := {"datasets": value, "purpose": purpose_column[i]}
]

view_6 := [row |
	view := input.views["classification,department"]
	department_column := view.department
	some i, value in view.classification
	row := {"classification": value, "department": department_column[i]}
]

view_7 := [row |
	view := input.views.department
	some i, value in view.department
	row := {"department": value}
]

view_8 := [row |
	view := input.views["class,durationSeconds"]
	durationSeconds_column := view.durationSeconds
	some i, value in view.class
	row := {"class": value, "durationSeconds": durationSeconds_column[i]}
]

view_9 := [row |
	view := input.views["roles,skills"]
	skills_column := view.skills
	some i, value in view.roles
	row := {"roles": value, "skills": skills_column[i]}
]

view_10 := [row |
	view := input.views["department,quantities"]
	quantities_column := view.quantities
	some i, value in view.department
	row := {"department": value, "quantities": quantities_column[i]}
]

view_11 := [row |
	view := input.views["department,models"]
	models_column := view.models
	some i, value in view.department
	row := {"department": value, "models": models_column[i]}
]

view_12 := [row |
	view := input.views["classification,purpose"]
	purpose_column := view.purpose
	some i, value in view.classification
	row := {"classification": value, "purpose": purpose_column[i]}
]

view_13 := [row |
	view := input.views["class,department,hour"]
	department_column := view.department
	hour_column := view.hour
	some i, value in view.class
	row := {"class": value, "department": department_column[i], "hour": hour_column[i]}
]
