//go:build wasip1

// The compiler as a WebAssembly module that stays loaded: the host reserves room, writes a request there, asks, and reads
// the answer before it reserves again. Called by policies/authoring/module.ts.
package main

import (
	"runtime/debug"
	"unsafe"
)

var request, reply []byte

// A build allocates 30 MB and keeps 10, on the one thread that there is: collecting as often as usual takes 40 % of its time.
// The soft limit stands far below the memory that the host allows, so that sources that need much are collected after sooner.
func init() {
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(512 << 20)
}

//go:wasmexport reserve
func reserve(size int32) int32 {
	request, reply = make([]byte, size), nil
	return int32(uintptr(unsafe.Pointer(unsafe.SliceData(request))))
}

//go:wasmexport answer
func answer() int32 {
	reply = answerBytes(request)
	return int32(len(reply))
}

//go:wasmexport reply
func replyAddress() int32 {
	return int32(uintptr(unsafe.Pointer(unsafe.SliceData(reply))))
}

func main() {}
