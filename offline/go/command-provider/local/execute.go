package local

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"

	"swarmbench/command-provider/internal/capture"
	"swarmbench/command-provider/internal/lifecycle"
)

// pipeGrace is how long a canceled run waits for processes that still hold the command's
// pipes after its process group was killed.
const pipeGrace = 2 * time.Second

// execute runs one command to completion. On entry, out holds the results of the previous run,
// which are passed in the command's environment; on success it holds the results of this run.
func execute(ctx context.Context, command string, in BaseInputs, out *BaseOutputs) error {
	argv := append(interpreter(in), command)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	dir, err := workingDir(in)
	if err != nil {
		return err
	}
	cmd.Dir = dir
	cmd.Env = environment(in, out)
	if in.Stdin != nil && *in.Stdin != "" {
		cmd.Stdin = strings.NewReader(*in.Stdin)
	}
	output := capture.New(capture.ModeOf(in.Logging), p.GetLogger(ctx).InfoStatus)
	cmd.Stdout, cmd.Stderr = output.Stdout(), output.Stderr()
	ownGroup(cmd)

	stdout, stderr, err := output.Finish(command, runTied(ctx, cmd))
	if err != nil {
		return err
	}
	if in.AssetPaths != nil {
		assets, err := findAssets(dir, *in.AssetPaths)
		if err != nil {
			return err
		}
		out.Assets = &assets
	}
	if in.ArchivePaths != nil {
		if out.Archive, err = findArchive(dir, *in.ArchivePaths); err != nil {
			return err
		}
	}
	out.Stdout, out.Stderr = stdout, stderr
	return nil
}

// run starts cmd and waits until it has exited and its output is complete. Like the official
// provider, it waits for background children that keep stdout open (exec's own WaitDelay would
// return an error instead). Only a canceled run stops waiting for them.
func run(ctx context.Context, cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(pipeGrace):
		return ctx.Err()
	}
}

// interpreter is the program that gets the command as its last argument.
func interpreter(in BaseInputs) []string {
	switch {
	case in.Interpreter != nil && len(*in.Interpreter) > 0:
		return append([]string(nil), *in.Interpreter...)
	case runtime.GOOS == "windows":
		return []string{"cmd", "/C"}
	default:
		return []string{"/bin/sh", "-c"}
	}
}

// workingDir is the directory in which the command runs and to which file patterns are relative.
func workingDir(in BaseInputs) (string, error) {
	if in.Dir != nil {
		return *in.Dir, nil
	}
	return os.Getwd()
}

// environment combines the engine's environment, the input's and the previous output; later values win.
func environment(in BaseInputs, previous *BaseOutputs) []string {
	env := os.Environ()
	if in.Environment != nil {
		for name, value := range *in.Environment {
			env = append(env, name+"="+value)
		}
	}
	for _, v := range lifecycle.Previous(in.AddPreviousOutputInEnv, previous.Stdout, previous.Stderr) {
		env = append(env, v.Name+"="+v.Value)
	}
	return env
}
