package util

import "io"

// CloseIgnore closes and ignores the error.
func CloseIgnore(c io.Closer) {
	if c != nil {
		_ = c.Close()
	}
}
