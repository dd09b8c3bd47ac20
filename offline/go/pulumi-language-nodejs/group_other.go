//go:build unix && !linux

package main

import (
	"os/exec"
	"syscall"
)

// leadGroup gives the command its own process group.
func leadGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
