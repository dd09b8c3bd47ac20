// pulumi-language-nodejs is a Pulumi language host for Node programs: the engine starts it, and it starts
// node with the program.
//
// Why it exists: where only package registries can be reached, the CLI is compiled from Go modules, and the
// official Node language host is part of a served module up to sdk v3.68 only. That one puts a proxy between
// the program and the resource monitor which knows no method younger than itself, so resource hooks fail
// with UNIMPLEMENTED, and runtime.options of Pulumi.yaml do not reach it. This one speaks the protocol of the
// CLI that it is used with, and hands the engine's own addresses to the program.
//
// It runs programs and plugins and installs packages. It generates no code.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// How often the host looks whether its engine is alive, and how long it may take to stop once it has to.
const (
	heartbeat   = time.Second
	stopTimeout = 4 * time.Second
)

func main() {
	flags := flag.NewFlagSet("pulumi-language-nodejs", flag.ExitOnError)
	tracing := flags.String("tracing", "", "where the program sends its trace")
	flags.Int("v", 0, "accepted for the engine's sake; the host writes no log")
	flags.Bool("logtostderr", false, "accepted for the engine's sake; the host writes no log")
	_ = flags.Parse(os.Args[1:]) // It exits by itself.
	if err := serve(flags.Arg(0), *tracing); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-nodejs:", err)
		os.Exit(1)
	}
}

// serve answers the engine until the engine is gone or a signal says to stop.
func serve(engine, tracing string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	host := newHost(stop, tracing)
	if engine != "" {
		if err := host.attach(engine); err != nil {
			return err
		}
	}
	cancel := make(chan bool)
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, host)
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(server.Port) // The engine reads the port from our first line.

	select {
	case err := <-server.Done:
		return err
	case <-ctx.Done():
	}
	host.cancel()
	host.children.wait(stopTimeout)
	// A graceful stop waits for the engine to hang up, so it is given a moment only.
	close(cancel)
	select {
	case err := <-server.Done:
		return err
	case <-time.After(100 * time.Millisecond):
		return nil
	}
}

// attach makes the host stop when the engine no longer answers, however it ended.
func (h *host) attach(engine string) error {
	if !h.engine.CompareAndSwap(nil, &engine) {
		return errors.New("the language host has an engine already")
	}
	return rpcutil.Healthcheck(context.Background(), engine, heartbeat, h.stop)
}
