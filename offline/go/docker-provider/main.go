// Command pulumi-resource-docker serves the Terraform Docker provider 2.23 to Pulumi programs that use the npm
// package @pulumi/docker, for machines that reach package registries but not Pulumi's plugin server.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
)

// version must be the npm package's: the engine requests the plugin by it.
const version = "5.2.0"

// Written by `UPDATE_SCHEMA=1 go test -run Schema .`, so that the code that derives it is not linked in.
//
//go:embed schema.json
var pulumiSchema []byte

func main() {
	if err := endWithEngine(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	tfbridge.Main("docker", version, providerInfo(), pulumiSchema)
}

// endWithEngine ends this process soon after its engine has ended, because a killed engine cannot stop its plugins.
// The engine's address is the last argument; it is missing if the plugin only prints its version.
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
