# METADATA
# title: Finance
# description: The ledger is read for the close, for an audit or for a forecast.
# custom:
#   owner: finance
package annona.policies.finance

import data.annona.library.proof

# METADATA
# title: The ledger is read for another purpose
# custom:
#   mode: enforce
#   severity: high
#   field: purpose
#   remedy: Begin the purpose with close, audit or forecast and a colon.
FINANCE_LEDGER_PURPOSE(row) := false if {
	elsewhere(row)
} else := false if {
	is_array(row.datasets)
	every dataset in row.datasets {
		is_open(dataset)
	}
} else := false if {
	is_string(row.purpose)
	proof.listed(split(row.purpose, ":")[0], purposes)
} else := {"limit": purposes}

# "*" is any of more datasets than a row names: the ledger may be one of them.
is_open(dataset) if {
	is_string(dataset)
	dataset != "ledger"
	dataset != "*"
}

purposes := ["close", "audit", "forecast"]

elsewhere(row) if {
	is_string(row.department)
	row.department != "finance"
}
