// pulumi-resource-command is a Pulumi resource plugin that replaces the official
// pulumi-resource-command 1.2.1 if that binary cannot be downloaded. It serves the npm
// package @pulumi/command 1.2.1 unchanged: same tokens, inputs, outputs, defaults and semantics.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"

	"swarmbench/command-provider/provider"
)

// version is the plugin version. The SDK asks the engine for exactly this one; a build may
// set it again with -ldflags "-X main.version=...".
var version = "1.2.1"

func main() {
	if err := endWithEngine(os.Args[1:]); err != nil {
		fail(err)
	}
	if err := provider.New().Run(context.Background(), provider.Name, version); err != nil {
		fail(err)
	}
}

// endWithEngine ends this process soon after its engine has ended, because a killed engine cannot stop its plugins.
// The engine's address is the last argument; it is missing if the plugin only prints its schema.
func endWithEngine(arguments []string) error {
	if len(arguments) == 0 {
		return nil
	}
	engine := arguments[len(arguments)-1]
	if _, _, err := net.SplitHostPort(engine); err != nil {
		return nil
	}
	return rpcutil.Healthcheck(context.Background(), engine, time.Second, func() { os.Exit(1) })
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
