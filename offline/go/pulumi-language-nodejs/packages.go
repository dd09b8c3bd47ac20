package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// manifest is the relevant part of a package.json.
type manifest struct {
	Name            string            `json:"name"`
	Version         string            `json:"version"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
}

// pluginStanza describes the Pulumi plugin that belongs to a package.
type pluginStanza struct {
	Resource                  bool              `json:"resource"`
	Name                      string            `json:"name"`
	Version                   string            `json:"version"`
	Server                    string            `json:"server"`
	Parameterization          *parameterization `json:"parameterization"`
	ExtensionParameterization *parameterization `json:"extensionParameterization"`
}

type parameterization struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Value   []byte `json:"value"`
}

// requiredPackages returns the Pulumi packages that are installed for a program, without duplicates.
func requiredPackages(directory string) ([]*pulumirpc.PackageDependency, error) {
	var found []*pulumirpc.PackageDependency
	seen := map[string]bool{}
	err := installedPackages(directory, func(file string) error {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if !bytes.Contains(text, []byte(`"pulumi"`)) {
			return nil // Nearly all packages: not worth parsing.
		}
		dependency, err := pluginOf(text)
		if err != nil {
			// Ignored, as by official hosts: one broken package must not prevent the program from running.
			fmt.Fprintf(os.Stderr, "no plugin is looked for: %s: %v\n", file, err)
			return nil
		}
		if dependency != nil && !seen[dependency.String()] {
			seen[dependency.String()] = true
			found = append(found, dependency)
		}
		return nil
	})
	return found, err
}

// pluginOf returns the plugin that a package.json requires, or nil.
func pluginOf(text []byte) (*pulumirpc.PackageDependency, error) {
	var loose struct {
		Name    string          `json:"name"`
		Version string          `json:"version"`
		Pulumi  json.RawMessage `json:"pulumi"`
	}
	if err := json.Unmarshal(text, &loose); err != nil {
		return nil, err
	}
	var stanza pluginStanza
	if err := json.Unmarshal(loose.Pulumi, &stanza); err != nil || !stanza.Resource {
		return nil, nil // A "pulumi" field with another meaning is not an error.
	}
	name := stanza.Name
	if name == "" {
		var scoped bool
		if name, scoped = strings.CutPrefix(loose.Name, "@pulumi/"); !scoped {
			return nil, errors.New(`a package outside of @pulumi has to name its plugin in "pulumi"`)
		}
	}
	version := stanza.Version
	if version == "" {
		version = loose.Version
	}
	if version == "" {
		return nil, errors.New("the package has no version")
	}
	return &pulumirpc.PackageDependency{
		Kind:             "resource",
		Name:             name,
		Version:          "v" + strings.TrimPrefix(version, "v"),
		Server:           stanza.Server,
		Parameterization: stanza.Parameterization.proto(),
		Extension:        stanza.ExtensionParameterization.proto(),
	}, nil
}

func (p *parameterization) proto() *pulumirpc.PackageParameterization {
	if p == nil {
		return nil
	}
	return &pulumirpc.PackageParameterization{Name: p.Name, Version: p.Version, Value: p.Value}
}

// programDependencies returns a program's packages with their installed versions.
func programDependencies(directory string, transitive bool) ([]*pulumirpc.DependencyInfo, error) {
	var program manifest
	if err := readManifest(filepath.Join(directory, "package.json"), &program); err != nil {
		return nil, err
	}
	var found []*pulumirpc.DependencyInfo
	if transitive {
		seen := map[string]bool{}
		err := installedPackages(directory, func(file string) error {
			var one manifest
			if err := readManifest(file, &one); err != nil {
				return err
			}
			if key := one.Name + "@" + one.Version; one.Name != "" && !seen[key] {
				seen[key] = true
				found = append(found, &pulumirpc.DependencyInfo{Name: one.Name, Version: one.Version})
			}
			return nil
		})
		return found, err
	}
	for _, group := range []map[string]string{program.Dependencies, program.DevDependencies} {
		for name, version := range group {
			// Packages that are not installed are listed with the range in package.json.
			if file := findUp(directory, filepath.Join("node_modules", name, "package.json")); file != "" {
				var one manifest
				if err := readManifest(file, &one); err != nil {
					return nil, err
				}
				version = one.Version
			}
			found = append(found, &pulumirpc.DependencyInfo{Name: name, Version: version})
		}
	}
	slices.SortFunc(found, func(a, b *pulumirpc.DependencyInfo) int { return strings.Compare(a.Name, b.Name) })
	return found, nil
}

func readManifest(file string, into *manifest) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// installedPackages visits the package.json of every package in the nearest node_modules and in nested ones.
// It skips the packages' sources, because this runs before every update.
func installedPackages(directory string, visit func(file string) error) error {
	modules := findUp(directory, "node_modules")
	if modules == "" {
		return nil
	}
	return visitModules(modules, map[string]bool{}, visit)
}

func visitModules(modules string, seen map[string]bool, visit func(file string) error) error {
	entries, err := os.ReadDir(modules)
	if errors.Is(err, fs.ErrNotExist) || len(entries) == 0 && err == nil {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		place := filepath.Join(modules, entry.Name())
		switch {
		case strings.HasPrefix(entry.Name(), "."):
			continue
		case strings.HasPrefix(entry.Name(), "@"):
			if err := visitModules(place, seen, visit); err != nil {
				return err
			}
			continue
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			if place, err = filepath.EvalSymlinks(place); err != nil {
				continue // A broken link is not a package.
			}
		}
		if seen[place] {
			continue
		}
		seen[place] = true
		file := filepath.Join(place, "package.json")
		if _, err := os.Stat(file); err != nil {
			continue
		}
		if err := visit(file); err != nil {
			return err
		}
		if err := visitModules(filepath.Join(place, "node_modules"), seen, visit); err != nil {
			return err
		}
	}
	return nil
}
