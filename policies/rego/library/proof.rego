# METADATA
# title: Comparisons that prove
# description: |
#   Rego compares across types ("99" > 5 is true, null > 5 is false) and a missing field makes an expression undefined.
#   A policy asks these functions instead: each is true only between values of the right type, else undefined, so that
#   what cannot be proved is denied.
package annona.library.proof

at_most(value, limit) if {
	is_number(value)
	is_number(limit)
	value <= limit
}

at_least(value, floor) if {
	is_number(value)
	is_number(floor)
	value >= floor
}

below(value, limit) if {
	is_number(value)
	is_number(limit)
	value < limit
}

same(value, other) if {
	is_string(value)
	is_string(other)
	value == other
}

listed(value, list) if {
	is_string(value)
	is_array(list)
	value in list
}

# "*" alone stands for every value; inside a list it is an ordinary string.
listed_or_any(value, "*") if is_string(value)

listed_or_any(value, list) if listed(value, list)

filled(text) if {
	is_string(text)
	trim_space(text) != ""
}
