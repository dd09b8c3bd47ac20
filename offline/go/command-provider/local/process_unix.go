//go:build unix && !linux

package local

import (
	"context"
	"os/exec"
	"syscall"
)

// ownGroup puts the command in a process group of its own and, when the context is canceled,
// kills that whole group: killing only the shell would leave its children running.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

func runTied(ctx context.Context, cmd *exec.Cmd) error { return run(ctx, cmd) }
