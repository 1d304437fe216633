// The files that `annona policy init` writes. test/api/cli/policy holds them to every command. Called by init.ts.

const POLICY = `# A policy is a package below annona.policies. This METADATA goes for every rule in it: who answers for it.
# METADATA
# title: Night hours
# description: Long urgent work is not started without a word on what it is for.
# custom:
#   owner: capacity-planning
package annona.policies.first

import data.annona.library.proof

# A rule is a function of one row, which is one request. Its name, in capitals, is the code that the requester reads.
# It is false where the row is PROVED clean. Everything else is a hit, undefined included: so write what proves the row
# clean, never what makes it dirty, and a missing field can let nothing through.
#
# Rego compares across types ("99" > 5 is true), so compare by data.annona.library.proof: at_most, at_least, below, same,
# listed, listed_or_any, filled. Each is true between values of the right type alone.
#
# mode: enforce denies; warn and dryrun are evaluated and deny nothing. Begin with warn, and look before you enforce.
# What a row and data.organisation have is in docs/policies.md; a misspelt field does not pass \`annona policy check\`.

# METADATA
# title: Urgent work above an hour needs a stated purpose
# custom:
#   mode: enforce
#   severity: medium
#   field: purpose
#   remedy: State the purpose of the request, or ask for an hour or less.
URGENT_WITHOUT_PURPOSE(row) := false if {
	proof.listed(row.class, calm_classes)
} else := false if {
	proof.at_most(row.durationSeconds, longest_seconds)
} else := false if {
	proof.filled(row.purpose)
} else := {"want": row.durationSeconds, "limit": longest_seconds}

# The object of the last branch is what \`annona policy explain\` shows: the limit, and what was wanted.

calm_classes := ["batch", "standard"]

longest_seconds := 3600
`;

const TEST = `# Tests are rules named test_; they run on the same WebAssembly as production. \`with\` is for tests alone.
package annona.first_test

import data.annona.policies.first

test_an_hour_needs_no_purpose if {
	first.URGENT_WITHOUT_PURPOSE({"class": "urgent", "durationSeconds": 3600, "purpose": ""}) == false
}

test_a_second_more_does if {
	hit := first.URGENT_WITHOUT_PURPOSE({"class": "urgent", "durationSeconds": 3601, "purpose": ""})
	hit == {"want": 3601, "limit": 3600}
}

test_a_purpose_is_enough if {
	first.URGENT_WITHOUT_PURPOSE({"class": "urgent", "durationSeconds": 3601, "purpose": "restore"}) == false
}

test_batch_work_needs_no_purpose if {
	first.URGENT_WITHOUT_PURPOSE({"class": "batch", "durationSeconds": 7200, "purpose": ""}) == false
}

# What Rego would let through: a text compares above every number.
test_a_duration_of_another_type_is_a_hit if {
	every value in [null, true, "9", [], {}] {
		first.URGENT_WITHOUT_PURPOSE({"class": "urgent", "durationSeconds": value, "purpose": ""}) != false
	}
}

# Many cases in one test, each by its name; those of vectors.json are here as data.vectors.
test_each_vector_has_a_known_code[tc.name] if {
	some tc in data.vectors.cases
	every code in tc.codes {
		code == "URGENT_WITHOUT_PURPOSE"
	}
}
`;

const VECTORS = {
  data: {
    revision: 'first',
    purposeRequiredFrom: 2,
    approvalRequiredFrom: 4,
    departments: {
      research: {
        classes: ['batch', 'urgent'],
        kinds: '*',
        limits: { '*': 100 },
        clearanceCeiling: 3,
        models: '*',
        agentsMost: 10,
        quietHours: { from: 0, to: 0, classes: [] },
      },
    },
    classes: {
      batch: { maxDurationSeconds: 86_400, maxCostMinor: 100_000 },
      urgent: { maxDurationSeconds: 7_200, maxCostMinor: 100_000 },
    },
    agents: { 'agent-1': { department: 'research', ordinal: 1 } },
    datasets: {},
    separatedDuties: [],
  },
  row: {
    department: 'research',
    agent: 'agent-1',
    roles: ['agent'],
    skills: [],
    clearance: 1,
    class: 'urgent',
    classification: 0,
    purpose: '',
    durationSeconds: 3_600,
    preemptible: true,
    quantities: { gpu: 1 },
    models: ['A100'],
    datasets: [],
    costMinor: 180,
    hour: 9,
    weekday: 0,
  },
  cases: [
    { name: 'an hour needs no purpose', row: {}, codes: [], obligations: [] },
    {
      name: 'a second more does',
      row: { durationSeconds: 3_601 },
      codes: ['URGENT_WITHOUT_PURPOSE'],
      obligations: [],
    },
    {
      name: 'a purpose is enough',
      row: { durationSeconds: 3_601, purpose: 'Restore the forecast before markets open' },
      codes: [],
      obligations: [],
    },
    {
      name: 'batch work needs none',
      row: { class: 'batch', durationSeconds: 7_200 },
      codes: [],
      obligations: [],
    },
  ],
};

export const FIRST_FILES: Readonly<Record<string, string>> = {
  'first.rego': POLICY,
  'first_test.rego': TEST,
  'vectors.json': `${JSON.stringify(VECTORS, null, 2)}\n`,
};
