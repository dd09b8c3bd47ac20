//go:build unix && !linux

package main

import (
	"os/exec"
	"syscall"
)

// leadGroup gives the command a process group.
func leadGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
