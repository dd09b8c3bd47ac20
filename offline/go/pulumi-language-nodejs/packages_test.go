package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// program is a folder with packages of different kinds.
func program(t *testing.T) string {
	directory := t.TempDir()
	for name, text := range map[string]string{
		"package.json": `{"dependencies": {"@pulumi/docker": "^5", "absent": "1.x"}, "devDependencies": {"plain": "*"}}`,
		"node_modules/@pulumi/docker/package.json": `{
			"name": "@pulumi/docker", "version": "5.2.0", "pulumi": {"resource": true}}`,
		"node_modules/@pulumi/pulumi/package.json": `{
			"name": "@pulumi/pulumi", "version": "3.259.0", "pulumi": {"comment": "no plugin"}}`,
		"node_modules/third/package.json": `{"name": "third", "version": "0.1.0", "pulumi": {
			"resource": true, "name": "other", "version": "v2.0.0", "server": "github://example/other",
			"parameterization": {"name": "inner", "version": "1.0.0", "value": "aGk="}}}`,
		"node_modules/third/node_modules/@pulumi/docker/package.json": `{
			"name": "@pulumi/docker", "version": "4.0.0", "pulumi": {"resource": true}}`,
		"node_modules/third/test/fixture/package.json": `{
			"name": "@pulumi/fixture", "version": "1.0.0", "pulumi": {"resource": true}}`,
		"node_modules/plain/package.json":   `{"name": "plain", "version": "1.0.0"}`,
		"node_modules/strange/package.json": `{"name": "strange", "version": "1.0.0", "pulumi": "a word"}`,
		"node_modules/torn/package.json":    `{"pulumi"`,
		"node_modules/.cache/package.json":  `not JSON, not a package`,
		"linked/package.json": `{
			"name": "@pulumi/linked", "version": "0.0.1", "pulumi": {"resource": true}}`,
	} {
		write(t, directory, name, text)
	}
	for name, target := range map[string]string{
		"linked": filepath.Join(directory, "linked"),
		"circle": directory,
		"broken": filepath.Join(directory, "nothing"),
	} {
		if err := os.Symlink(target, filepath.Join(directory, "node_modules", name)); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

func TestRequiredPackages(t *testing.T) {
	packages, err := requiredPackages(program(t))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range packages {
		text := one.Kind + " " + one.Name + " " + one.Version + " " + one.Server
		if p := one.Parameterization; p != nil {
			text += " " + p.Name + " " + p.Version + " " + string(p.Value)
		}
		got = append(got, text)
	}
	slices.Sort(got)
	want := []string{
		"resource docker v4.0.0 ", "resource docker v5.2.0 ", "resource linked v0.0.1 ",
		"resource other v2.0.0 github://example/other inner 1.0.0 hi",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRequiredPackagesOfNothing(t *testing.T) {
	if packages, err := requiredPackages(t.TempDir()); err != nil || len(packages) != 0 {
		t.Errorf("got %v, %v", packages, err)
	}
}

func TestNamelessPlugin(t *testing.T) {
	if _, err := pluginOf([]byte(`{"name": "third", "version": "1.0.0", "pulumi": {"resource": true}}`)); err == nil {
		t.Error("no error")
	}
}

func TestProgramDependencies(t *testing.T) {
	for transitive, want := range map[bool][]string{
		false: {"@pulumi/docker 5.2.0", "absent 1.x", "plain 1.0.0"},
		true: {
			"@pulumi/docker 4.0.0", "@pulumi/docker 5.2.0", "@pulumi/linked 0.0.1", "@pulumi/pulumi 3.259.0",
			"plain 1.0.0", "strange 1.0.0", "third 0.1.0",
		},
	} {
		directory := program(t)
		if err := os.RemoveAll(filepath.Join(directory, "node_modules/torn")); err != nil {
			t.Fatal(err)
		}
		dependencies, err := programDependencies(directory, transitive)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, one := range dependencies {
			got = append(got, one.Name+" "+one.Version)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("transitive %v: got %q, want %q", transitive, got, want)
		}
	}
}
