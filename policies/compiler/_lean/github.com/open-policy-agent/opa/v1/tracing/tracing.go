// Package tracing without HTTP: nothing here makes a request.
package tracing

// Options are carried by queries and read by nobody.
type Options []any
