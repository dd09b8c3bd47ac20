package provider_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/blang/semver"
	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/require"

	"swarmbench/command-provider/provider"
)

const (
	localCommand  = "command:local:Command"
	localRun      = "command:local:run"
	remoteCommand = "command:remote:Command"
	copyToRemote  = "command:remote:CopyToRemote"
	copyFile      = "command:remote:CopyFile"
)

// m is an object of plain values; object converts it to the provider's input.
type m = map[string]any

func object(values m) property.Map {
	return resource.FromResourcePropertyMap(resource.NewPropertyMapFromMap(values))
}

// engine simulates the engine for resources of one type.
type engine struct {
	integration.Server
	t   *testing.T
	urn resource.URN
}

func newEngine(t *testing.T, token string) *engine {
	t.Helper()
	t.Setenv("SSH_AUTH_SOCK", "") // do not use the developer's agent
	server, err := integration.NewServer(t.Context(), provider.Name, semver.MustParse("1.2.1"),
		integration.WithProvider(provider.New()))
	require.NoError(t, err)
	return &engine{server, t, resource.NewURN("test", "project", "", tokens.Type(token), "thing")}
}

// check returns the inputs with their defaults.
func (e *engine) check(inputs m) property.Map {
	e.t.Helper()
	resp, err := e.Check(p.CheckRequest{Urn: e.urn, Inputs: object(inputs)})
	require.NoError(e.t, err)
	require.Empty(e.t, resp.Failures)
	return resp.Inputs
}

func (e *engine) tryCreate(inputs m) (property.Map, error) {
	e.t.Helper()
	resp, err := e.Create(p.CreateRequest{Urn: e.urn, Properties: e.check(inputs)})
	return resp.Properties, err
}

func (e *engine) create(inputs m) property.Map {
	e.t.Helper()
	state, err := e.tryCreate(inputs)
	require.NoError(e.t, err)
	return state
}

func (e *engine) previewCreate(inputs m) property.Map {
	e.t.Helper()
	resp, err := e.Create(p.CreateRequest{Urn: e.urn, Properties: e.check(inputs), DryRun: true})
	require.NoError(e.t, err)
	return resp.Properties
}

func (e *engine) update(state property.Map, inputs m) property.Map {
	e.t.Helper()
	resp, err := e.Update(p.UpdateRequest{Urn: e.urn, ID: "id", State: state, Inputs: e.check(inputs)})
	require.NoError(e.t, err)
	return resp.Properties
}

func (e *engine) previewUpdate(state property.Map, inputs m) property.Map {
	e.t.Helper()
	resp, err := e.Update(p.UpdateRequest{
		Urn: e.urn, ID: "id", State: state, Inputs: e.check(inputs), DryRun: true,
	})
	require.NoError(e.t, err)
	return resp.Properties
}

func (e *engine) delete(state property.Map) {
	e.t.Helper()
	require.NoError(e.t, e.Delete(p.DeleteRequest{Urn: e.urn, ID: "id", Properties: state}))
}

func (e *engine) diff(state property.Map, before, after m) p.DiffResponse {
	e.t.Helper()
	resp, err := e.Diff(p.DiffRequest{
		Urn: e.urn, ID: "id", State: state, OldInputs: e.check(before), Inputs: e.check(after),
	})
	require.NoError(e.t, err)
	return resp
}

func text(state property.Map, key string) string { return state.Get(key).AsString() }

// logged collects what the provider logs during the test. Without an engine to log to, the
// framework writes to slog's default logger.
func logged(t *testing.T) func() []string {
	t.Helper()
	recorder := &logRecorder{}
	before := slog.Default()
	slog.SetDefault(slog.New(recorder))
	t.Cleanup(func() { slog.SetDefault(before) })
	return recorder.messages
}

type logRecorder struct {
	mu    sync.Mutex
	lines []string
}

func (r *logRecorder) messages() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.lines...)
}

func (r *logRecorder) Enabled(context.Context, slog.Level) bool { return true }
func (r *logRecorder) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *logRecorder) WithGroup(string) slog.Handler            { return r }
func (r *logRecorder) Handle(_ context.Context, record slog.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, record.Message)
	return nil
}
