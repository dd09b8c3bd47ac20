package main

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

func generateSchema(t *testing.T) pschema.PackageSpec {
	t.Helper()
	t.Setenv("PULUMI_SKIP_MISSING_MAPPING_ERROR", "true")
	sink := diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never})
	spec, err := tfgen.GenerateSchema(providerInfo(), sink)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestCommittedSchemaIsCurrent(t *testing.T) {
	want, err := json.Marshal(generateSchema(t))
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("UPDATE_SCHEMA") != "" {
		if err := os.WriteFile("schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(pulumiSchema, want) {
		t.Error("schema.json is stale: run UPDATE_SCHEMA=1 go test -run Schema .")
	}
}

// tree has a type's inputs by name, each with the inputs of its own type. offline/sdkInputs.ts generates it.
type tree map[string]tree

func TestEveryInputOfTheSDKIsServedOrRefused(t *testing.T) {
	raw, err := os.ReadFile("testdata/sdk-inputs.json")
	if err != nil {
		t.Fatal(err)
	}
	var sdk map[string]tree
	if err := json.Unmarshal(raw, &sdk); err != nil {
		t.Fatal(err)
	}
	spec := generateSchema(t)

	for name, declared := range sdk {
		properties := spec.Provider.InputProperties
		if name != "Provider" {
			r, ok := spec.Resources["docker:index/"+strings.ToLower(name[:1])+name[1:]+":"+name]
			if !ok {
				t.Errorf("resource %s is not served", name)
				continue
			}
			properties = r.InputProperties
		}
		missing := missingInputs("", declared, properties, spec.Types)
		if name == "Service" { // rewritten before the check, see mapServiceNetworks
			missing = slices.DeleteFunc(missing, func(path string) bool { return path == "taskSpec.networksAdvanceds" })
			missing = append(missing, "taskSpec.networksAdvanceds.aliases", "taskSpec.networksAdvanceds.driverOpts",
				"taskSpec.containerSpec.mounts.tmpfsOptions")
		}
		slices.Sort(missing)
		refused := slices.Sorted(slices.Values(unsupported[name]))
		if !slices.Equal(missing, refused) {
			t.Errorf("%s: not served %q, but refused %q", name, missing, refused)
		}
	}
}

func missingInputs(prefix string, declared tree, served map[string]pschema.PropertySpec, types map[string]pschema.ComplexTypeSpec) []string {
	var missing []string
	for name, nested := range declared {
		property, ok := served[name]
		if !ok {
			missing = append(missing, prefix+name)
			continue
		}
		spec := property.TypeSpec
		if spec.Items != nil {
			spec = *spec.Items
		}
		if len(nested) > 0 {
			object := types[strings.TrimPrefix(spec.Ref, "#/types/")]
			missing = append(missing, missingInputs(prefix+name+".", nested, object.Properties, types)...)
		}
	}
	return missing
}
