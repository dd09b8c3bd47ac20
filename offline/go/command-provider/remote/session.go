package remote

import (
	"context"
	"fmt"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"swarmbench/command-provider/internal/capture"
	"swarmbench/command-provider/internal/lifecycle"
)

// run runs one command on the machine. On entry, c holds the results of the previous run, which
// are passed in the command's environment; on success it holds the results of this run.
func (c *CommandOutputs) run(ctx context.Context, command string) error {
	conn, err := c.Connection.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// A session has no context; closing its connection ends it.
	defer context.AfterFunc(ctx, func() { _ = conn.Client.Close() })()

	session, err := conn.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	if err := c.setEnvironment(ctx, session); err != nil {
		return err
	}
	if c.Stdin != nil && *c.Stdin != "" {
		session.Stdin = strings.NewReader(*c.Stdin)
	}
	output := capture.New(capture.ModeOf(c.Logging), p.GetLogger(ctx).InfoStatus)
	session.Stdout, session.Stderr = output.Stdout(), output.Stderr()

	err = session.Run(command)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	stdout, stderr, err := output.Finish(command, err)
	if err != nil {
		return err
	}
	c.BaseOutputs = BaseOutputs{Stdout: stdout, Stderr: stderr}
	return nil
}

// setEnvironment asks the server to set the variables. If the server rejects a variable of the
// user, the command fails. If it rejects one with previous output, a warning is logged.
func (c *CommandOutputs) setEnvironment(ctx context.Context, session *ssh.Session) error {
	log := p.GetLogger(ctx)
	if c.Environment != nil {
		for name, value := range *c.Environment {
			if err := session.Setenv(name, value); err != nil {
				log.Error(refusedVariable(name))
				return fmt.Errorf("could not set environment variable %q: %w", name, err)
			}
		}
	}
	for _, v := range lifecycle.Previous(c.AddPreviousOutputInEnv, c.Stdout, c.Stderr) {
		if err := session.Setenv(v.Name, v.Value); err != nil {
			log.Warning(refusedVariable(v.Name))
		}
	}
	return nil
}

func refusedVariable(name string) string {
	return fmt.Sprintf("Unable to set '%s'. This only works if your SSH server is configured to accept "+
		"these variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, "+
		"you could prefix the command itself with the variables in the form 'VAR=value command'", name)
}
