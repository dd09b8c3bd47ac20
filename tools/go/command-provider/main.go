// pulumi-resource-command is a Pulumi resource plugin that stands in for the official
// pulumi-resource-command 1.2.1 where that binary cannot be downloaded. It serves the npm
// package @pulumi/command 1.2.1 unchanged: same tokens, inputs, outputs, defaults and semantics.
package main

import (
	"context"
	"fmt"
	"os"

	"swarmbench/command-provider/provider"
)

// version is the plugin version. The SDK asks the engine for exactly this one; a build may
// set it again with -ldflags "-X main.version=...".
var version = "1.2.1"

func main() {
	if err := provider.New().Run(context.Background(), provider.Name, version); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
