package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

func info(t *testing.T, values map[string]any) *pulumirpc.ProgramInfo {
	t.Helper()
	given, err := structpb.NewStruct(values)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.ProgramInfo{RootDirectory: "/p", ProgramDirectory: "/p", EntryPoint: ".", Options: given}
}

// write creates a file below a directory, with its parent folders.
func write(t *testing.T, directory, name, text string) {
	t.Helper()
	file := filepath.Join(directory, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestProgramArgs(t *testing.T) {
	req := &pulumirpc.RunRequest{
		MonitorAddress: "127.0.0.1:1", Organization: "o", Project: "p", Stack: "s", Pwd: "/p",
		Parallel: 4, DryRun: true, Args: []string{"--mine", "x"}, Info: info(t, nil),
	}
	opts := options{nodeargs: []string{"--enable-source-maps"}}
	got := strings.Join(programArgs(req, opts, "/sdk/cmd/run", "127.0.0.1:2", ""), " ")
	want := "--enable-source-maps /sdk/cmd/run --monitor 127.0.0.1:1 --engine 127.0.0.1:2 --organization o " +
		"--project p --stack s --root-directory /p --pwd /p --parallel 4 --dry-run . --mine x"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	got = strings.Join(programArgs(&pulumirpc.RunRequest{
		Info: &pulumirpc.ProgramInfo{EntryPoint: "main.ts"},
	}, options{}, "run", "", "tcp://trace"), " ")
	if want := "run --parallel 0 --tracing tcp://trace main.ts"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestProgramEnv(t *testing.T) {
	env, err := programEnv(&pulumirpc.RunRequest{
		Config:           map[string]string{"p:a": "1"},
		ConfigSecretKeys: []string{"p:a"},
	}, options{tsconfig: "tsconfig.pulumi.json"})
	want := []string{
		`PULUMI_CONFIG={"p:a":"1"}`, `PULUMI_CONFIG_SECRET_KEYS=["p:a"]`,
		"PULUMI_NODEJS_TYPESCRIPT=false", "PULUMI_NODEJS_TSCONFIG_PATH=tsconfig.pulumi.json",
	}
	if err != nil || !slices.Equal(env, want) {
		t.Errorf("got %q, %v, want %q", env, err, want)
	}
	env, err = programEnv(&pulumirpc.RunRequest{}, options{typescript: true})
	want = []string{"PULUMI_CONFIG={}", "PULUMI_CONFIG_SECRET_KEYS=[]", "PULUMI_NODEJS_TYPESCRIPT=true"}
	if err != nil || !slices.Equal(env, want) {
		t.Errorf("without configuration: got %q, %v, want %q", env, err, want)
	}
}

func TestPluginArgs(t *testing.T) {
	directory := t.TempDir()
	write(t, directory, "node_modules/@pulumi/pulumi/package.json", `{"version": "3.259.0"}`)
	write(t, directory, "node_modules/@pulumi/pulumi/cmd/run-plugin/index.js", "")
	write(t, directory, "node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js", "")
	sdk := filepath.Join(directory, "node_modules/@pulumi/pulumi/cmd")
	for kind, want := range map[string][]string{
		"resource": {sdk + "/run-plugin", directory, "127.0.0.1:1"},
		"analyzer": {sdk + "/run-policy-pack", "127.0.0.1:1", directory},
	} {
		got, err := pluginArgs(&pulumirpc.RunPluginRequest{
			Kind: kind, Args: []string{"127.0.0.1:1"}, Info: &pulumirpc.ProgramInfo{ProgramDirectory: directory},
		}, options{})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, %v, want %q", kind, got, err, want)
		}
	}
}

func TestSDKScript(t *testing.T) {
	root := t.TempDir()
	if _, err := sdkScript(root, "run"); err == nil || err.Error() != "install the npm packages first: npm ci" {
		t.Errorf("nothing installed: got %v", err)
	}
	write(t, root, "node_modules/@pulumi/pulumi/package.json", `{"version": "3.259.0"}`)
	write(t, root, "node_modules/@pulumi/pulumi/cmd/run/index.js", "")
	write(t, root, "workspace/program/package.json", "{}")
	got, err := sdkScript(filepath.Join(root, "workspace/program"), "run")
	if want := filepath.Join(root, "node_modules/@pulumi/pulumi/cmd/run"); err != nil || got != want {
		t.Errorf("in a folder above: got %q, %v, want %q", got, err, want)
	}
	write(t, root, "node_modules/@pulumi/pulumi/package.json", `{"version": "2.0.0"}`)
	if _, err := sdkScript(root, "run"); err == nil || !strings.Contains(err.Error(), "2.0.0") {
		t.Errorf("another major version: got %v", err)
	}
}

// A cancelled child is stopped together with its children, even if they ignore signals.
func TestCancelledChildren(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "alive")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	var all children
	go func() {
		ended <- all.run(ctx, exec.Command("sh", "-c",
			`trap : TERM; (trap : TERM; while :; do date +%N >"$0"; sleep 0.05; done) & wait; wait`, mark))
	}()
	for {
		if _, err := os.Stat(mark); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-ended; err == nil {
		t.Error("the child ended well")
	}
	all.wait(0)
	before, _ := os.ReadFile(mark)
	time.Sleep(200 * time.Millisecond)
	if after, _ := os.ReadFile(mark); string(after) != string(before) {
		t.Error("the grandchild still runs")
	}
	if err := all.run(ctx, exec.Command("true")); err != context.Canceled {
		t.Errorf("after the end: got %v", err)
	}
}
