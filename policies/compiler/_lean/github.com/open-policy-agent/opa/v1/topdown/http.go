// Package topdown without the builtins that need a network, keys or a host: no policy may call them.
package topdown

// CustomizeRoundTripper is named by queries that may carry one; no builtin here makes a request.
type CustomizeRoundTripper func(any) any
