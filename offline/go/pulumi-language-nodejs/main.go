// pulumi-language-nodejs is a Pulumi language host for Node programs: the engine starts it, and it starts
// node with the program.
//
// It exists for machines that only reach package registries. There the CLI is compiled from Go modules, but the
// official Node language host is only available as a module up to sdk v3.68. That version puts a proxy between the
// program and the resource monitor which does not support newer methods, so resource hooks fail with UNIMPLEMENTED,
// and it does not get runtime.options of Pulumi.yaml. This host speaks the protocol of the CLI that it is used with,
// and passes the engine's own addresses to the program.
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

// How often the host checks whether its engine is alive, and the time limit for a stop.
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

// serve answers the engine until the engine has ended or a signal arrives.
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
	// A graceful stop waits until the engine disconnects, so it has a short time limit.
	close(cancel)
	select {
	case err := <-server.Done:
		return err
	case <-time.After(100 * time.Millisecond):
		return nil
	}
}

// attach stops the host when the engine no longer answers, for whatever reason.
func (h *host) attach(engine string) error {
	if !h.engine.CompareAndSwap(nil, &engine) {
		return errors.New("the language host has an engine already")
	}
	return rpcutil.Healthcheck(context.Background(), engine, heartbeat, h.stop)
}
