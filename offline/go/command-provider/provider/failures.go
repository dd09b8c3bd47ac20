package provider

import (
	"context"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
)

// withQuietFailures keeps secrets out of the messages about inputs that do not pass Check.
//
// The engine prints the whole value of the property that a failure refers to, even if it is
// secret: one misspelt field in `connection` would expose the private key. A failure about a
// secret property therefore mentions the property only in its text.
func withQuietFailures(provider p.Provider) p.Provider {
	check := provider.Check
	provider.Check = func(ctx context.Context, req p.CheckRequest) (p.CheckResponse, error) {
		resp, err := check(ctx, req)
		for i, failure := range resp.Failures {
			name := failure.Property
			if req.Inputs.Get(name).HasSecrets() || resp.Inputs.Get(name).HasSecrets() {
				resp.Failures[i] = p.CheckFailure{Reason: fmt.Sprintf("property %s: %s", name, failure.Reason)}
			}
		}
		return resp, err
	}
	return provider
}
