package provider_test

import (
	"os"
	"path/filepath"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func fileAsset(t *testing.T, path string) *resource.Asset {
	t.Helper()
	asset, err := resource.NewPathAsset(path)
	require.NoError(t, err)
	return asset
}

func fileArchive(t *testing.T, path string) *resource.Archive {
	t.Helper()
	archive, err := resource.NewPathArchive(path)
	require.NoError(t, err)
	return archive
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func assertFile(t *testing.T, path, content string) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, content, string(got))
}

// copyTo copies source to dest on a new server and returns the error.
func copyTo(t *testing.T, source any, dest string) error {
	t.Helper()
	_, err := newEngine(t, copyToRemote).tryCreate(m{
		"connection": startSSHD(t).connection(nil), "source": source, "remotePath": dest,
	})
	return err
}

func TestCopyAFileToANewPathMakesParents(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, copyTo(t, fileAsset(t, write(t, dir+"/f", "x")), dir+"/a/b/g"))
	assertFile(t, dir+"/a/b/g", "x")
}

func TestCopyAFileOverAFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/g", "something longer")
	require.NoError(t, copyTo(t, fileAsset(t, write(t, dir+"/f", "x")), dir+"/g"))
	assertFile(t, dir+"/g", "x")
}

func TestCopyAFileIntoADirectory(t *testing.T) {
	dir, dest := t.TempDir(), t.TempDir()
	require.NoError(t, copyTo(t, fileAsset(t, write(t, dir+"/f", "x")), dest))
	assertFile(t, dest+"/f", "x")
}

func TestCopyADirectoryIntoADirectory(t *testing.T) {
	dir, dest := t.TempDir(), t.TempDir()
	write(t, dir+"/src/a/f", "x")
	require.NoError(t, copyTo(t, fileArchive(t, dir+"/src"), dest))
	assertFile(t, dest+"/src/a/f", "x")
}

func TestCopyADirectoryToANewPath(t *testing.T) {
	dir, dest := t.TempDir(), t.TempDir()
	write(t, dir+"/src/a/f", "x")
	require.NoError(t, copyTo(t, fileArchive(t, dir+"/src"), dest+"/new/deep"))
	assertFile(t, dest+"/new/deep/src/a/f", "x")
}

func TestCopyTheMembersOfADirectory(t *testing.T) {
	dir, dest := t.TempDir(), t.TempDir()
	write(t, dir+"/src/a/f", "x")
	require.NoError(t, copyTo(t, fileArchive(t, dir+"/src/"), dest))
	assertFile(t, dest+"/a/f", "x")
}

func TestCopyADirectoryOverAFileFails(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/src/f", "x")
	assert.Error(t, copyTo(t, fileArchive(t, dir+"/src"), write(t, dir+"/file", "y")))
	assertFile(t, dir+"/file", "y")
}

func TestCopyAText(t *testing.T) {
	dir := t.TempDir()
	asset, err := resource.NewTextAsset("hello")
	require.NoError(t, err)
	require.NoError(t, copyTo(t, asset, dir+"/etc/motd"))
	assertFile(t, dir+"/etc/motd", "hello")
}

func TestCopyATextToADirectoryFails(t *testing.T) {
	asset, err := resource.NewTextAsset("hello")
	require.NoError(t, err)
	assert.ErrorContains(t, copyTo(t, asset, t.TempDir()), "is a directory")
}

func TestCopyAgainWhenTheContentChanges(t *testing.T) {
	d, e, dir := startSSHD(t), newEngine(t, copyToRemote), t.TempDir()
	inputs := func(content string) m {
		return m{"connection": d.connection(nil), "remotePath": dir + "/g",
			"source": fileAsset(t, write(t, dir+"/f", content))}
	}
	state := e.create(inputs("one"))
	e.update(state, inputs("two"))
	assertFile(t, dir+"/g", "two")
}

func TestDoNotCopyWhenNothingToCopyChanged(t *testing.T) {
	d, e, dir := startSSHD(t), newEngine(t, copyToRemote), t.TempDir()
	inputs := m{"connection": d.connection(nil), "remotePath": dir + "/g", "source": fileAsset(t, write(t, dir+"/f", "x"))}
	state := e.create(inputs)
	inputs["connection"] = d.connection(m{"dialErrorLimit": 1.0})
	e.update(state, inputs)
	assert.EqualValues(t, 1, d.dials.Load())
}

func TestCopyChecksItsSource(t *testing.T) {
	uri := &resource.Asset{Sig: resource.AssetSig, URI: "file:///x"}
	e := newEngine(t, copyToRemote)
	resp, err := e.Check(p.CheckRequest{Urn: e.urn, Inputs: object(m{
		"connection": m{"host": "h"}, "remotePath": "/x", "source": uri,
	})})
	require.NoError(t, err)
	require.Len(t, resp.Failures, 1)
	assert.Equal(t, "asset must be a path-based file asset or a text asset", resp.Failures[0].Reason)
}

func TestCopyCheckPassesAnUnknownSource(t *testing.T) {
	newEngine(t, copyToRemote).check(m{
		"connection": m{"host": "h"}, "remotePath": "/x", "source": resource.MakeComputed(resource.NewProperty("")),
	})
}

func TestCopyFileCopies(t *testing.T) {
	dir := t.TempDir()
	newEngine(t, copyFile).create(m{"connection": startSSHD(t).connection(nil),
		"localPath": write(t, dir+"/f", "x"), "remotePath": dir + "/g"})
	assertFile(t, dir+"/g", "x")
}

func TestCopyFileWithoutTheFileDoesNotConnect(t *testing.T) {
	d := startSSHD(t)
	_, err := newEngine(t, copyFile).tryCreate(m{
		"connection": d.connection(nil), "localPath": "/does/not/exist", "remotePath": "/tmp/x",
	})
	assert.ErrorContains(t, err, "no such file or directory")
	assert.Zero(t, d.dials.Load())
}
