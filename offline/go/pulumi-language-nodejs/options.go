package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/shlex"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

var managers = []string{"npm", "pnpm", "yarn", "bun"}

// options are the runtime.options of Pulumi.yaml. Unknown options are ignored.
type options struct {
	nodeargs       []string
	typescript     bool   // false: ts-node is not loaded; the program is JavaScript, or nodeargs load another compiler.
	tsconfig       string // empty: tsconfig.json
	packagemanager string // empty: determined by the lock file
}

func parseOptions(info *pulumirpc.ProgramInfo) (options, error) {
	opts := options{typescript: true}
	given := info.GetOptions().AsMap()
	str := func(name string) (string, error) {
		value, ok := given[name].(string)
		if given[name] != nil && !ok {
			return "", fmt.Errorf("runtime.options.%s of Pulumi.yaml: expected a string, got %v", name, given[name])
		}
		return value, nil
	}

	if value := given["typescript"]; value != nil {
		flag, ok := value.(bool)
		if !ok {
			return opts, fmt.Errorf("runtime.options.typescript of Pulumi.yaml: expected true or false, got %v", value)
		}
		opts.typescript = flag
	}
	nodeargs, err := str("nodeargs")
	if err != nil {
		return opts, err
	}
	if opts.nodeargs, err = shlex.Split(nodeargs); err != nil {
		return opts, fmt.Errorf("runtime.options.nodeargs of Pulumi.yaml: %w", err)
	}
	if opts.tsconfig, err = str("tsconfig"); err != nil {
		return opts, err
	}
	if opts.packagemanager, err = str("packagemanager"); err != nil {
		return opts, err
	}
	if opts.packagemanager == "auto" {
		opts.packagemanager = ""
	}
	if opts.packagemanager != "" && !slices.Contains(managers, opts.packagemanager) {
		return opts, fmt.Errorf("runtime.options.packagemanager of Pulumi.yaml: expected auto or one of %s, got %q",
			strings.Join(managers, ", "), opts.packagemanager)
	}
	return opts, nil
}

// manager returns the configured package manager, otherwise the one whose lock file the directory has, otherwise npm.
func (o options) manager(directory string) string {
	if o.packagemanager != "" {
		return o.packagemanager
	}
	locks := []struct{ file, manager string }{
		{"package-lock.json", "npm"}, {"pnpm-lock.yaml", "pnpm"}, {"yarn.lock", "yarn"},
		{"bun.lock", "bun"}, {"bun.lockb", "bun"},
	}
	for _, lock := range locks {
		if exists(directory, lock.file) {
			return lock.manager
		}
	}
	return "npm"
}

// installArgs returns the command that installs a program's packages, as locked if none are installed yet.
func (o options) installArgs(directory string) []string {
	manager := o.manager(directory)
	if manager == "npm" && exists(directory, "package-lock.json") && !exists(directory, "node_modules") {
		return []string{"npm", "ci", "--loglevel=error"}
	}
	if manager == "npm" {
		return []string{"npm", "install", "--loglevel=error"}
	}
	return []string{manager, "install"}
}

func exists(directory, name string) bool {
	_, err := os.Stat(filepath.Join(directory, name))
	return err == nil
}
