package main

import (
	"os/exec"
	"syscall"
)

// leadGroup gives the command its own process group, and makes the kernel kill it if the host is killed.
func leadGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
