//go:build unix

package main

import "syscall"

func endGroup(leader int)  { _ = syscall.Kill(-leader, syscall.SIGTERM) }
func killGroup(leader int) { _ = syscall.Kill(-leader, syscall.SIGKILL) }
