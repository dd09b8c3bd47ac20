package provider_test

import (
	_ "embed"
	"encoding/json"
	"slices"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sdkList holds the names, required marks, defaults and enum values that the generated code
// and typings of the npm package @pulumi/command 1.2.1 contain.
//
//go:embed testdata/sdk-1.2.1.json
var sdkList []byte

type sdk struct {
	Resources map[string]struct {
		Inputs           map[string]string
		Outputs          []string
		RequiredOutputs  []string
		ReplaceOnChanges []string
		SecretOutputs    []string
	}
	Functions map[string]struct{ Inputs, Outputs map[string]string }
	Types     map[string]struct {
		Properties map[string]string
		Defaults   map[string]any
	}
	Enums map[string][]string
}

func load(t *testing.T) (sdk, schema.PackageSpec) {
	t.Helper()
	var want sdk
	require.NoError(t, json.Unmarshal(sdkList, &want))
	resp, err := newEngine(t, localCommand).GetSchema(p.GetSchemaRequest{})
	require.NoError(t, err)
	var got schema.PackageSpec
	require.NoError(t, json.Unmarshal([]byte(resp.Schema), &got))
	return want, got
}

// marks reports for each property whether it is required, like the SDK's list.
func marks(properties map[string]schema.PropertySpec, required []string) map[string]string {
	result := map[string]string{}
	for name := range properties {
		result[name] = "optional"
		if slices.Contains(required, name) {
			result[name] = "required"
		}
	}
	return result
}

func names(properties map[string]schema.PropertySpec, keep func(schema.PropertySpec) bool) []string {
	result := []string{}
	for name, property := range properties {
		if keep(property) {
			result = append(result, name)
		}
	}
	slices.Sort(result)
	return result
}

func TestSchemaHasTheResourcesOfTheSDK(t *testing.T) {
	want, got := load(t)
	require.Len(t, got.Resources, len(want.Resources))
	for token, r := range want.Resources {
		spec := got.Resources[token]
		assert.Equal(t, r.Inputs, marks(spec.InputProperties, spec.RequiredInputs), "inputs of %s", token)
		assert.Equal(t, r.Outputs, names(spec.Properties, func(schema.PropertySpec) bool { return true }), token)
		assert.ElementsMatch(t, r.RequiredOutputs, spec.Required, "outputs of %s", token)
		assert.Equal(t, r.SecretOutputs,
			names(spec.Properties, func(s schema.PropertySpec) bool { return s.Secret }), "secrets of %s", token)
		assert.Equal(t, r.ReplaceOnChanges,
			names(spec.InputProperties, func(s schema.PropertySpec) bool { return s.ReplaceOnChanges }), token)
	}
}

func TestSchemaHasTheFunctionsOfTheSDK(t *testing.T) {
	want, got := load(t)
	require.Len(t, got.Functions, len(want.Functions))
	for token, f := range want.Functions {
		spec := got.Functions[token]
		assert.Equal(t, f.Inputs, marks(spec.Inputs.Properties, spec.Inputs.Required), "inputs of %s", token)
		outputs := spec.ReturnType.ObjectTypeSpec
		assert.Equal(t, f.Outputs, marks(outputs.Properties, outputs.Required), "outputs of %s", token)
	}
}

func TestSchemaHasTheTypesOfTheSDK(t *testing.T) {
	want, got := load(t)
	require.Len(t, got.Types, len(want.Types)+len(want.Enums))
	for token, typ := range want.Types {
		spec := got.Types[token]
		assert.Equal(t, typ.Properties, marks(spec.Properties, spec.Required), token)
		for name, value := range typ.Defaults {
			assert.EqualValues(t, value, spec.Properties[name].Default, "default of %s.%s", token, name)
		}
		assert.Equal(t, []string{"password", "privateKey", "privateKeyPassword"},
			names(spec.Properties, func(s schema.PropertySpec) bool { return s.Secret }), "secrets of %s", token)
	}
}

func TestSchemaHasTheEnumsOfTheSDK(t *testing.T) {
	want, got := load(t)
	for token, values := range want.Enums {
		listed := []string{}
		for _, value := range got.Types[token].Enum {
			listed = append(listed, value.Value.(string))
		}
		assert.ElementsMatch(t, values, listed, token)
	}
}
