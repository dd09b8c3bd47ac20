// Package provider assembles the resources and functions into one Pulumi provider.
package provider

import (
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/middleware/schema"

	"swarmbench/command-provider/local"
	"swarmbench/command-provider/remote"
)

// Name is the package name, the first part of every token.
const Name = "command"

// New builds the provider. infer adds the rest of the protocol: defaults in Check, diffs, and
// Cancel, which cancels the context of every operation under way.
func New() p.Provider {
	return withQuietFailures(infer.Provider(infer.Options{
		Metadata: schema.Metadata{
			DisplayName: "Command",
			Description: "Runs commands and scripts, locally or over SSH, as part of the Pulumi resource model.",
			Keywords:    []string{"pulumi", "command", "category/utility", "kind/native"},
			License:     "Apache-2.0",
			LanguageMap: map[string]any{"nodejs": map[string]any{"respectSchemaVersion": true}},
		},
		Resources: []infer.InferredResource{
			infer.Resource(&local.Command{}),
			infer.Resource(&remote.Command{}),
			infer.Resource(&remote.CopyToRemote{}),
			infer.Resource(&remote.CopyFile{}),
		},
		Functions: []infer.InferredFunction{
			infer.Function(&local.Run{}),
		},
	}))
}
