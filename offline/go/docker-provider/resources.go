package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// terraformProvider is the Terraform provider with its connection made lazy and its quirks removed.
func terraformProvider() *schema.Provider {
	p := provider.New("2.23.0")()
	fixProviderSchema(p)
	fixResources(p)
	makeLazy(p) // last: only the functions that it wraps get a connected client
	return p
}

// providerInfo maps the Terraform names to the tokens and property names of @pulumi/docker. The bridge derives
// most property names; those given here are the ones where the official provider overrides it.
func providerInfo() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:                    shimv2.NewProvider(terraformProvider()),
		Name:                 "docker",
		Version:              version,
		GitHubOrg:            "kreuzwerker",
		PreConfigureCallback: rejectProviderConfig,
		Config:               map[string]*tfbridge.SchemaInfo{"registry_auth": {Name: "registryAuth"}},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_container": {
				Tok: resourceToken("Container"),
				// A container's name, address and ports cannot be held twice.
				DeleteBeforeReplace: true,
				Fields: map[string]*tfbridge.SchemaInfo{
					"networks_advanced": {Name: "networksAdvanced"},
					"command":           {Name: "command"},
				},
			},
			"docker_image": {
				Tok: resourceToken("RemoteImage"),
				Fields: map[string]*tfbridge.SchemaInfo{
					"build": {Elem: &tfbridge.SchemaInfo{Fields: map[string]*tfbridge.SchemaInfo{
						"path":      {Name: "context"}, // its name since 3.0
						"build_arg": {Name: "buildArgs"},
					}}},
				},
			},
			"docker_service": {
				Tok: resourceToken("Service"),
			},
			"docker_config":         {Tok: resourceToken("ServiceConfig")},
			"docker_network":        {Tok: resourceToken("Network")},
			"docker_plugin":         {Tok: resourceToken("Plugin")},
			"docker_registry_image": {Tok: resourceToken("RegistryImage")},
			"docker_secret":         {Tok: resourceToken("Secret")},
			"docker_tag":            {Tok: resourceToken("Tag")},
			"docker_volume":         {Tok: resourceToken("Volume")},
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image":          {Tok: functionToken("getRemoteImage")},
			"docker_logs":           {Tok: functionToken("getLogs")},
			"docker_network":        {Tok: functionToken("getNetwork")},
			"docker_plugin":         {Tok: functionToken("getPlugin")},
			"docker_registry_image": {Tok: functionToken("getRegistryImage")},
		},
	}
	info.SetAutonaming(255, "-")
	for _, r := range info.Resources {
		r.PreCheckCallback = preCheck(r.Tok)
	}
	return info
}

// preCheck rejects unsupported inputs, then converts inputs that have other names here.
func preCheck(token tokens.Type) tfbridge.PreCheckCallback {
	name := string(token.Name())
	return func(_ context.Context, inputs, _ resource.PropertyMap) (resource.PropertyMap, error) {
		if err := rejectUnsupported(name, inputs); err != nil {
			return nil, err
		}
		if name == "Service" {
			inputs = mapServiceNetworks(inputs)
		}
		return inputs, nil
	}
}

func resourceToken(name string) tokens.Type {
	return tfbridge.MakeResource("docker", "index", name)
}

func functionToken(name string) tokens.ModuleMember {
	return tfbridge.MakeDataSource("docker", "index", name)
}
