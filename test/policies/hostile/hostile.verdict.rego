# Generated from the reason codes of the policies by policies/compiler; do not edit.
package annona.verdict

import data.annona.library.rows
import data.annona.policies.hostile

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
	"HOGS": {i | some i, row in rows.all; not clean_HOGS(row)},
	"ON_TRIAL": {i | some i, row in rows.all; not clean_ON_TRIAL(row)},
	"PLAIN": {i | some i, row in rows.all; not clean_PLAIN(row)},
	"SPINS": {i | some i, row in rows.all; not clean_SPINS(row)},
	"SWELLS": {i | some i, row in rows.all; not clean_SWELLS(row)},
	"THROWS": {i | some i, row in rows.all; not clean_THROWS(row)},
	"UNDEFINED": {i | some i, row in rows.all; not clean_UNDEFINED(row)},
	"WARNS": {i | some i, row in rows.all; not clean_WARNS(row)},
}

obligations := {
	"APPROVE": {i | some i, row in rows.all; not clean_APPROVE(row)},
	"LEVITATE": {i | some i, row in rows.all; not clean_LEVITATE(row)},
}

findings contains {"row": i, "code": "POLICY_INPUT_INVALID", "policy": "rows", "field": null, "want": null, "limit": null} if {
	some i, row in rows.all
	not rows.well_formed(row)
}

clean_APPROVE(row) if hostile.APPROVE(row) == false

findings contains {
	"row": i,
	"code": "APPROVE",
	"policy": "hostile",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_APPROVE(row)
	detail := detail_APPROVE(row)
}

detail_APPROVE(row) := rows.detail(value) if {
	value := hostile.APPROVE(row)
} else := {}

clean_HOGS(row) if hostile.HOGS(row) == false

findings contains {
	"row": i,
	"code": "HOGS",
	"policy": "hostile",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_HOGS(row)
	detail := detail_HOGS(row)
}

detail_HOGS(row) := rows.detail(value) if {
	value := hostile.HOGS(row)
} else := {}

clean_LEVITATE(row) if hostile.LEVITATE(row) == false

findings contains {
	"row": i,
	"code": "LEVITATE",
	"policy": "hostile",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_LEVITATE(row)
	detail := detail_LEVITATE(row)
}

detail_LEVITATE(row) := rows.detail(value) if {
	value := hostile.LEVITATE(row)
} else := {}

clean_ON_TRIAL(row) if hostile.ON_TRIAL(row) == false

findings contains {
	"row": i,
	"code": "ON_TRIAL",
	"policy": "hostile",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_ON_TRIAL(row)
	detail := detail_ON_TRIAL(row)
}

detail_ON_TRIAL(row) := rows.detail(value) if {
	value := hostile.ON_TRIAL(row)
} else := {}

clean_PLAIN(row) if hostile.PLAIN(row) == false

findings contains {
	"row": i,
	"code": "PLAIN",
	"policy": "hostile",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_PLAIN(row)
	detail := detail_PLAIN(row)
}

detail_PLAIN(row) := rows.detail(value) if {
	value := hostile.PLAIN(row)
} else := {}

clean_SPINS(row) if hostile.SPINS(row) == false

findings contains {
	"row": i,
	"code": "SPINS",
	"policy": "hostile",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_SPINS(row)
	detail := detail_SPINS(row)
}

detail_SPINS(row) := rows.detail(value) if {
	value := hostile.SPINS(row)
} else := {}

clean_SWELLS(row) if hostile.SWELLS(row) == false

findings contains {
	"row": i,
	"code": "SWELLS",
	"policy": "hostile",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_SWELLS(row)
	detail := detail_SWELLS(row)
}

detail_SWELLS(row) := rows.detail(value) if {
	value := hostile.SWELLS(row)
} else := {}

clean_THROWS(row) if hostile.THROWS(row) == false

findings contains {
	"row": i,
	"code": "THROWS",
	"policy": "hostile",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_THROWS(row)
	detail := detail_THROWS(row)
}

detail_THROWS(row) := rows.detail(value) if {
	value := hostile.THROWS(row)
} else := {}

clean_UNDEFINED(row) if hostile.UNDEFINED(row) == false

findings contains {
	"row": i,
	"code": "UNDEFINED",
	"policy": "hostile",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_UNDEFINED(row)
	detail := detail_UNDEFINED(row)
}

detail_UNDEFINED(row) := rows.detail(value) if {
	value := hostile.UNDEFINED(row)
} else := {}

clean_WARNS(row) if hostile.WARNS(row) == false

findings contains {
	"row": i,
	"code": "WARNS",
	"policy": "hostile",
	"field": "purpose",
	"want": object.get(detail, "want", object.get(row, "purpose", null)),
	"limit": object.get(detail, "limit", null),
} if {
	some i, row in rows.all
	not clean_WARNS(row)
	detail := detail_WARNS(row)
}

detail_WARNS(row) := rows.detail(value) if {
	value := hostile.WARNS(row)
} else := {}

views := {
	"v": 1,
	"tick": input.tick,
	"data": data.organisation.revision,
	"rows": {
		"purpose": count(view_0),
	},
	"clean": {
		"APPROVE": [i | some i, row in view_0; hostile.APPROVE(row) == false],
		"HOGS": [i | some i, row in view_0; hostile.HOGS(row) == false],
		"LEVITATE": [i | some i, row in view_0; hostile.LEVITATE(row) == false],
		"ON_TRIAL": [i | some i, row in view_0; hostile.ON_TRIAL(row) == false],
		"PLAIN": [i | some i, row in view_0; hostile.PLAIN(row) == false],
		"SPINS": [i | some i, row in view_0; hostile.SPINS(row) == false],
		"SWELLS": [i | some i, row in view_0; hostile.SWELLS(row) == false],
		"THROWS": [i | some i, row in view_0; hostile.THROWS(row) == false],
		"UNDEFINED": [i | some i, row in view_0; hostile.UNDEFINED(row) == false],
		"WARNS": [i | some i, row in view_0; hostile.WARNS(row) == false],
	},
}

view_0 := [row |
	view := input.views.purpose
	some i, value in view.purpose
	row := {"purpose": value}
]
