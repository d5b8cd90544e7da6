//go:build js && wasm

// Command bare does nothing. Its start is what the Go runtime takes of every other program's.
package main

func main() { select {} }
