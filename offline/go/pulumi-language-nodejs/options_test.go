package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseOptions(t *testing.T) {
	for name, test := range map[string]struct {
		given map[string]any
		want  options
		err   string
	}{
		"none": {nil, options{typescript: true}, ""},
		"all": {
			map[string]any{
				"nodeargs": `--max-old-space-size=4096 --title "two words"`, "typescript": false,
				"packagemanager": "pnpm", "tsconfig": "t.json", "other": 1,
			},
			options{
				nodeargs: []string{"--max-old-space-size=4096", "--title", "two words"}, tsconfig: "t.json",
				packagemanager: "pnpm",
			}, "",
		},
		"auto":           {map[string]any{"packagemanager": "auto"}, options{typescript: true}, ""},
		"typescript":     {map[string]any{"typescript": "no"}, options{}, "expected true or false, got no"},
		"nodeargs":       {map[string]any{"nodeargs": 1}, options{}, "nodeargs of Pulumi.yaml: expected a string"},
		"quote":          {map[string]any{"nodeargs": `"a`}, options{}, "nodeargs of Pulumi.yaml: EOF"},
		"packagemanager": {map[string]any{"packagemanager": "nmp"}, options{}, "npm, pnpm, yarn, bun"},
	} {
		got, err := parseOptions(info(t, test.given))
		switch {
		case test.err != "":
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: got %v, want an error with %q", name, err, test.err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		case len(got.nodeargs) != 0 || len(test.want.nodeargs) != 0:
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("%s: got %+v, want %+v", name, got, test.want)
			}
		default:
			got.nodeargs = nil
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("%s: got %+v, want %+v", name, got, test.want)
			}
		}
	}
}

func TestInstallArgs(t *testing.T) {
	directory := t.TempDir()
	check := func(opts options, want string) {
		t.Helper()
		if got := strings.Join(opts.installArgs(directory), " "); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	check(options{}, "npm install --loglevel=error")
	write(t, directory, "yarn.lock", "")
	check(options{}, "yarn install")
	write(t, directory, "package-lock.json", "{}")
	check(options{}, "npm ci --loglevel=error")
	check(options{packagemanager: "bun"}, "bun install")
	write(t, directory, "node_modules/.package-lock.json", "{}")
	check(options{}, "npm install --loglevel=error")
}
