package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

const (
	sdkModule = "github.com/pulumi/pulumi/sdk/v3"

	// The Node SDK exits with this code once it has reported the error to the user.
	exitReported = 32
)

var errNoSDK = errors.New("install the npm packages first: npm ci")

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engine   atomic.Pointer[string]
	tracing  string
	children children
	ctx      context.Context // Done once the engine cancels or the host has to stop.
	cancel   context.CancelFunc
	stop     context.CancelFunc
}

// newHost creates a host that calls stop when its engine has ended.
func newHost(stop context.CancelFunc, tracing string) *host {
	ctx, cancel := context.WithCancel(context.Background())
	return &host{tracing: tracing, ctx: ctx, cancel: cancel, stop: stop}
}

// Handshake is for engines that attach to a running host. Engines that start a host pass their address as argument.
func (h *host) Handshake(
	_ context.Context, req *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	if h.engine.Load() == nil {
		if err := h.attach(req.GetEngineAddress()); err != nil {
			return nil, err
		}
	}
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// Cancel stops all children and prevents new ones: after it an engine only shuts down.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancel()
	return &emptypb.Empty{}, nil
}

func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if req.GetAttachDebugger() {
		return nil, unsupported("running a program under a debugger")
	}
	opts, err := parseOptions(req.GetInfo())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	script, err := sdkScript(programDirectory(req), "run")
	if errors.Is(err, errNoSDK) {
		return h.report(ctx, err), nil
	}
	if err != nil {
		return nil, err
	}
	env, err := programEnv(req, opts)
	if err != nil {
		return nil, err
	}

	cmd := exec.Command("node", programArgs(req, opts, script, *h.engineAddress(), h.tracing)...)
	cmd.Dir = req.GetPwd()
	cmd.Env = append(append(os.Environ(), env...), traceEnv(ctx)...)
	// Files instead of writers: node writes directly to the engine's pipes, so that no output is delayed or lost.
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err = h.run(ctx, cmd)

	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case h.ctx.Err() != nil || ctx.Err() != nil:
		return &pulumirpc.RunResponse{Bail: true}, nil // The engine knows: it cancelled.
	case !errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("node could not be started: %v", err)}, nil
	case exit.ExitCode() == exitReported:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case exit.ExitCode() < 0:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program was ended: %v", exit)}, nil
	}
	return &pulumirpc.RunResponse{Error: fmt.Sprintf("the program ended with exit status %d", exit.ExitCode())}, nil
}

// RunPlugin runs a resource plugin or a policy pack that is written for Node. (Dynamic providers need no
// language host: the SDK has a plugin program for them.)
func (h *host) RunPlugin(
	req *pulumirpc.RunPluginRequest, server grpc.ServerStreamingServer[pulumirpc.RunPluginResponse],
) error {
	if req.GetAttachDebugger() {
		return unsupported("running a plugin under a debugger")
	}
	opts, err := parseOptions(req.GetInfo())
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	args, err := pluginArgs(req, opts)
	if errors.Is(err, errNoSDK) {
		return status.Errorf(codes.FailedPrecondition, "%s: %v", req.GetInfo().GetProgramDirectory(), err)
	}
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	defer closer.Close()

	cmd := exec.Command("node", args...)
	cmd.Dir = req.GetPwd()
	cmd.Env = append(req.GetEnv(), traceEnv(server.Context())...)
	// Both streams use one lock, because a gRPC stream accepts one message at a time.
	lock := &locked{}
	cmd.Stdout, cmd.Stderr = lock.writer(stdout), lock.writer(stderr)
	code := int32(0)
	if err := h.run(server.Context(), cmd); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			return err
		}
		code = int32(exit.ExitCode())
	}
	return server.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: code}})
}

// run runs a child until it exits. It stops the child if the caller cancels or the host stops.
func (h *host) run(ctx context.Context, cmd *exec.Cmd) error {
	both, done := context.WithCancel(ctx)
	defer done()
	defer context.AfterFunc(h.ctx, done)()
	return h.children.run(both, cmd)
}

func (h *host) GetRequiredPackages(
	_ context.Context, req *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	packages, err := requiredPackages(req.GetInfo().GetProgramDirectory())
	return &pulumirpc.GetRequiredPackagesResponse{Packages: packages}, err
}

func (h *host) GetRequiredPlugins(
	_ context.Context, req *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	packages, err := requiredPackages(req.GetInfo().GetProgramDirectory())
	res := &pulumirpc.GetRequiredPluginsResponse{}
	for _, p := range packages {
		res.Plugins = append(res.Plugins, &pulumirpc.PluginDependency{
			Name: p.Name, Kind: p.Kind, Version: p.Version, Server: p.Server,
		})
	}
	return res, err
}

func (h *host) GetProgramDependencies(
	_ context.Context, req *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	dependencies, err := programDependencies(req.GetInfo().GetProgramDirectory(), req.GetTransitiveDependencies())
	return &pulumirpc.GetProgramDependenciesResponse{Dependencies: dependencies}, err
}

// GetPluginInfo returns the version of the protocol's module, because the host has no version of its own.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == sdkModule {
			return &pulumirpc.PluginInfo{Version: module.Version}, nil
		}
	}
	return &pulumirpc.PluginInfo{}, nil
}

func (h *host) About(ctx context.Context, req *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	version, err := exec.CommandContext(ctx, node, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --version: %w", node, err)
	}
	res := &pulumirpc.AboutResponse{
		Executable: node,
		Version:    strings.TrimSpace(string(version)),
		Metadata:   map[string]string{},
	}
	if opts, err := parseOptions(req.GetInfo()); err == nil {
		res.Metadata["packagemanager"] = opts.manager(req.GetInfo().GetProgramDirectory())
	}
	return res, nil
}

func (h *host) RuntimeOptionsPrompts(
	_ context.Context, req *pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	if _, chosen := req.GetInfo().GetOptions().AsMap()["packagemanager"]; chosen {
		return &pulumirpc.RuntimeOptionsResponse{}, nil
	}
	value := func(name string) *pulumirpc.RuntimeOptionPrompt_RuntimeOptionValue {
		return &pulumirpc.RuntimeOptionPrompt_RuntimeOptionValue{
			PromptType:  pulumirpc.RuntimeOptionPrompt_STRING,
			StringValue: name,
			DisplayName: name,
		}
	}
	prompt := &pulumirpc.RuntimeOptionPrompt{
		Key:         "packagemanager",
		Description: "The package manager that installs the dependencies",
		PromptType:  pulumirpc.RuntimeOptionPrompt_STRING,
		Default:     value("npm"),
	}
	for _, name := range managers {
		if _, err := exec.LookPath(name); err == nil {
			prompt.Choices = append(prompt.Choices, value(name))
		}
	}
	return &pulumirpc.RuntimeOptionsResponse{Prompts: []*pulumirpc.RuntimeOptionPrompt{prompt}}, nil
}

// Template does nothing, because templates for Node need no changes.
func (h *host) Template(context.Context, *pulumirpc.TemplateRequest) (*pulumirpc.TemplateResponse, error) {
	return &pulumirpc.TemplateResponse{}, nil
}

func (h *host) InstallDependencies(
	req *pulumirpc.InstallDependenciesRequest,
	server grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse],
) error {
	opts, err := parseOptions(req.GetInfo())
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, req.GetIsTerminal())
	if err != nil {
		return err
	}
	defer closer.Close()

	directory := req.GetInfo().GetProgramDirectory()
	args := opts.installArgs(directory)
	lock := &locked{}
	out, errs := lock.writer(stdout), lock.writer(stderr)
	fmt.Fprintf(out, "%s\n", strings.Join(args, " "))
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = directory
	cmd.Stdout, cmd.Stderr = out, errs
	if err := h.run(server.Context(), cmd); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	return closer.Close()
}

func (h *host) GenerateProgram(
	context.Context, *pulumirpc.GenerateProgramRequest,
) (*pulumirpc.GenerateProgramResponse, error) {
	return nil, unsupported("generating programs (pulumi convert, pulumi import's code)")
}

func (h *host) GenerateProject(
	context.Context, *pulumirpc.GenerateProjectRequest,
) (*pulumirpc.GenerateProjectResponse, error) {
	return nil, unsupported("generating projects (pulumi convert)")
}

func (h *host) GeneratePackage(
	context.Context, *pulumirpc.GeneratePackageRequest,
) (*pulumirpc.GeneratePackageResponse, error) {
	return nil, unsupported("generating SDKs (pulumi package add, pulumi package gen-sdk)")
}

func (h *host) Pack(context.Context, *pulumirpc.PackRequest) (*pulumirpc.PackResponse, error) {
	return nil, unsupported("packing SDKs")
}

func (h *host) Link(context.Context, *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	return nil, unsupported("linking SDKs (pulumi package add)")
}

func unsupported(what string) error {
	return status.Errorf(codes.Unimplemented,
		"%s needs the official Node language host; this build of it runs programs only", what)
}

// report shows an error to the user. The engine would report it as an unhandled exception.
func (h *host) report(ctx context.Context, problem error) *pulumirpc.RunResponse {
	ctx, done := context.WithTimeout(ctx, 5*time.Second)
	defer done()
	conn, err := grpc.NewClient(*h.engineAddress(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err == nil {
		defer conn.Close()
		_, err = pulumirpc.NewEngineClient(conn).Log(ctx, &pulumirpc.LogRequest{
			Severity: pulumirpc.LogSeverity_ERROR,
			Message:  problem.Error(),
		})
	}
	if err != nil {
		return &pulumirpc.RunResponse{Error: problem.Error()}
	}
	return &pulumirpc.RunResponse{Bail: true}
}

func (h *host) engineAddress() *string {
	if engine := h.engine.Load(); engine != nil {
		return engine
	}
	return new(string)
}

// sdkScript finds a program of the SDK, resolved like Node does from the directory.
func sdkScript(directory, purpose string) (string, error) {
	sdk := findUp(directory, filepath.Join("node_modules", "@pulumi", "pulumi", "package.json"))
	if sdk == "" {
		return "", errNoSDK
	}
	text, err := os.ReadFile(sdk)
	if err != nil {
		return "", err
	}
	var manifest struct{ Version string }
	if err := json.Unmarshal(text, &manifest); err != nil {
		return "", fmt.Errorf("%s: %w", sdk, err)
	}
	if !strings.HasPrefix(manifest.Version, "3.") {
		return "", status.Errorf(codes.FailedPrecondition,
			"the program uses @pulumi/pulumi %s, and this language host runs version 3 only", manifest.Version)
	}
	script := filepath.Join(filepath.Dir(sdk), "cmd", purpose)
	if _, err := os.Stat(script); err != nil {
		return "", errNoSDK
	}
	return script, nil
}

// findUp returns the nearest file of that name in a directory or its parents, or an empty string.
func findUp(directory, name string) string {
	for {
		file := filepath.Join(directory, name)
		if _, err := os.Stat(file); err == nil {
			return file
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return ""
		}
		directory = parent
	}
}

// traceEnv continues the engine's trace in the program. Without a trace, the program loads no tracing.
func traceEnv(ctx context.Context) []string {
	if os.Getenv("PULUMI_OTEL_EXPORTER_OTLP_ENDPOINT") == "" {
		return nil
	}
	if parent := metadata.ValueFromIncomingContext(ctx, "traceparent"); len(parent) == 1 {
		return []string{"TRACEPARENT=" + parent[0]}
	}
	return nil
}
