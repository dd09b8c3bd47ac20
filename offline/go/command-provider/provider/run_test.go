package provider_test

import (
	"os"
	"path/filepath"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tree makes the folder of the example in the SDK's documentation of assetPaths.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"assets/logos/logo.svg", "src/index.js", "src/secret.js", "other.txt"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600))
	}
	return dir
}

var exampleRules = []any{"assets/**", "src/**.js", "!**secret.*"}

func invoke(t *testing.T, args m) (property.Map, error) {
	t.Helper()
	resp, err := newEngine(t, localCommand).Invoke(p.InvokeRequest{Token: localRun, Args: object(args)})
	require.Empty(t, resp.Failures)
	return resp.Return, err
}

func TestRunReturnsTheOutput(t *testing.T) {
	result, err := invoke(t, m{"command": "cat; echo e >&2", "stdin": "in"})
	require.NoError(t, err)
	assert.Equal(t, "in", text(result, "stdout"))
	assert.Equal(t, "e", text(result, "stderr"))
}

func TestRunReturnsItsArguments(t *testing.T) {
	result, err := invoke(t, m{"command": "true", "dir": "/"})
	require.NoError(t, err)
	assert.Equal(t, "/", text(result, "dir"))
}

func TestRunFails(t *testing.T) {
	_, err := invoke(t, m{"command": "echo why; false"})
	assert.ErrorContains(t, err, "exit status 1: running \"echo why; false\":\nwhy")
}

func TestRunReturnsAssets(t *testing.T) {
	result, err := invoke(t, m{"command": "true", "dir": tree(t), "assetPaths": exampleRules})
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"assets/logos/logo.svg", "src/index.js"}, keys(result.Get("assets").AsMap()))
}

func TestAssetPathsFollowTheDocumentedRules(t *testing.T) {
	dir := tree(t)
	state := newEngine(t, localCommand).create(m{"create": "true", "dir": dir, "assetPaths": exampleRules})
	assets := state.Get("assets").AsMap()
	assert.ElementsMatch(t, []string{"assets/logos/logo.svg", "src/index.js"}, keys(assets))
	assert.Equal(t, filepath.Join(dir, "src/index.js"), assets.Get("src/index.js").AsAsset().Path)
}

func TestAStarDoesNotMatchASlash(t *testing.T) {
	state := newEngine(t, localCommand).create(m{"create": "true", "dir": tree(t), "assetPaths": []any{"*"}})
	assert.Equal(t, []string{"other.txt"}, keys(state.Get("assets").AsMap()))
}

func TestArchivePathsReturnOneArchive(t *testing.T) {
	state := newEngine(t, localCommand).create(m{"create": "true", "dir": tree(t), "archivePaths": exampleRules})
	// infer returns an archive in its serialized form.
	wire := resource.ToResourcePropertyValue(state.Get("archive")).Mappable().(map[string]any)
	archive, isArchive, err := archive.Deserialize(wire)
	require.NoError(t, err)
	require.True(t, isArchive)
	assert.Len(t, archive.Assets, 2)
	assert.Contains(t, archive.Assets, "src/index.js")
}

func TestFilesAreLookedForAfterTheCommand(t *testing.T) {
	state := newEngine(t, localCommand).create(m{"create": "touch new", "dir": t.TempDir(), "assetPaths": []any{"new"}})
	assert.Equal(t, []string{"new"}, keys(state.Get("assets").AsMap()))
}

func keys(values property.Map) []string {
	result := []string{}
	for key := range values.All {
		result = append(result, key)
	}
	return result
}
