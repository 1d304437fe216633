# The vectors of test/policies/vectors.json in OPA's interpreter; vitest runs the same ones through the module.
package annona.vectors_test

import data.annona.verdict

columns(tc) := object.union({"tick": "t"}, {field: [value] |
	some field, usual in data.vectors.row
	value := object.get(tc.row, field, usual)
})

test_verdicts[tc.name] if {
	some tc in data.vectors.cases
	asked := columns(tc)
	answer := verdict.batch with input as asked with data.organisation as data.vectors.data
	{code | some code, hits in answer.deny; 0 in hits} == {code | some code in tc.codes}
	{code | some code, hits in answer.obligations; 0 in hits} == {code | some code in tc.obligations}
	answer.allow == {0 | count(tc.codes) == 0}
}

test_findings[tc.name] if {
	some tc in data.vectors.cases
	asked := columns(tc)
	answer := verdict.explain with input as asked with data.organisation as data.vectors.data
	{finding.code | some finding in answer.findings} == {code | some code in array.concat(tc.codes, tc.obligations)}
}

test_a_malformed_row_is_found_malformed if {
	asked := columns({"row": {"preemptible": "no"}})
	answer := verdict.explain with input as asked with data.organisation as data.vectors.data
	{finding.code | some finding in answer.findings} == {"POLICY_INPUT_INVALID"}
}
