// Command pulumi-resource-docker serves the Terraform Docker provider 2.23 to Pulumi programs that use the npm
// package @pulumi/docker, for machines that reach package registries but not Pulumi's plugin server.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// version must be that of the npm package: the engine asks for the plugin by it.
const version = "5.2.0"

// Written by `UPDATE_SCHEMA=1 go test -run Schema .`, so that the code that derives it is not linked in.
//
//go:embed schema.json
var pulumiSchema []byte

func main() {
	tfbridge.Main("docker", version, providerInfo(), pulumiSchema)
}
