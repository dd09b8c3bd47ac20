package main

import (
	"os/exec"
	"syscall"
)

// leadGroup gives the command a process group, and has the kernel end it should the host be killed.
func leadGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
