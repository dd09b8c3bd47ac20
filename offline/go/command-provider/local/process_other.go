//go:build !unix

package local

import (
	"context"
	"os/exec"
)

// ownGroup does nothing here: the system has no process groups, so a canceled context kills
// only the command's first process.
func ownGroup(*exec.Cmd) {}

func runTied(ctx context.Context, cmd *exec.Cmd) error { return run(ctx, cmd) }
