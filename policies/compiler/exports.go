//go:build wasip1

// The compiler as a WebAssembly module that stays loaded: the host reserves room, writes a request there, asks, and reads
// the answer before it reserves again. Called by policies/authoring/module.ts.
package main

import "unsafe"

var request, reply []byte

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
