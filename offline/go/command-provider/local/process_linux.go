package local

import (
	"context"
	"os/exec"
	"runtime"
	"syscall"
)

// ownGroup puts the command in a process group of its own and, when the context is canceled,
// kills that whole group: killing only the shell would leave its children running. The command
// also dies with the provider, because the engine's last resort is to kill the provider's
// group, which the command is not part of.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// runTied runs cmd from one operating system thread: Pdeathsig fires when the thread that
// started the process ends, and Go may end threads at any time unless they are locked.
func runTied(ctx context.Context, cmd *exec.Cmd) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return run(ctx, cmd)
}
