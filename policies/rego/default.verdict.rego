# Generated from the reason codes of the policies by policies/compiler; do not edit.
package annona.verdict

import data.annona.library.rows
import data.annona.policies.clearance
import data.annona.policies.entitlement
import data.annona.policies.handling
import data.annona.policies.identity

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
	"AGENT_UNKNOWN": {i | some i, row in rows.all; not clean_AGENT_UNKNOWN(row)},
	"CLASS_NOT_ENTITLED": {i | some i, row in rows.all; not clean_CLASS_NOT_ENTITLED(row)},
	"CLEARANCE_TOO_LOW": {i | some i, row in rows.all; not clean_CLEARANCE_TOO_LOW(row)},
	"DEPARTMENT_CLEARANCE_TOO_LOW": {i | some i, row in rows.all; not clean_DEPARTMENT_CLEARANCE_TOO_LOW(row)},
	"DEPARTMENT_UNKNOWN": {i | some i, row in rows.all; not clean_DEPARTMENT_UNKNOWN(row)},
	"DURATION_TOO_LONG": {i | some i, row in rows.all; not clean_DURATION_TOO_LONG(row)},
	"KIND_NOT_ALLOWED": {i | some i, row in rows.all; not clean_KIND_NOT_ALLOWED(row)},
	"PURPOSE_REQUIRED": {i | some i, row in rows.all; not clean_PURPOSE_REQUIRED(row)},
	"PURPOSE_VAGUE": {i | some i, row in rows.all; not clean_PURPOSE_VAGUE(row)},
	"QUANTITY_TOO_LARGE": {i | some i, row in rows.all; not clean_QUANTITY_TOO_LARGE(row)},
}

obligations := {
	"APPROVAL_NEEDED": {i | some i, row in rows.all; not clean_APPROVAL_NEEDED(row)},
}

findings contains {"row": i, "code": "POLICY_INPUT_INVALID", "policy": "rows", "field": null, "want": null, "limit": null} if {
	some i, row in rows.all
	not rows.well_formed(row)
}

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
