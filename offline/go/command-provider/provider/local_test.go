package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLocalCreateReturnsBothStreamsWithoutTheirLastNewline(t *testing.T) {
	state := newEngine(t, localCommand).create(m{"create": "echo one; echo; echo two >&2"})
	assert.Equal(t, "one\n", text(state, "stdout"))
	assert.Equal(t, "two", text(state, "stderr"))
}

func TestLocalWithoutCreateRunsNothing(t *testing.T) {
	state := newEngine(t, localCommand).create(m{"delete": "true"})
	assert.Empty(t, text(state, "stdout"))
}

func TestLocalIDStartsWithTheName(t *testing.T) {
	e := newEngine(t, localCommand)
	resp, err := e.Create(p.CreateRequest{Urn: e.urn, Properties: e.check(m{})})
	require.NoError(t, err)
	assert.Regexp(t, `^thing[0-9a-f]{8}$`, resp.ID)
}

func TestLocalCheckAddsPreviousOutputByDefault(t *testing.T) {
	assert.True(t, newEngine(t, localCommand).check(m{}).Get("addPreviousOutputInEnv").AsBool())
}

func TestLocalUpdateRunsUpdate(t *testing.T) {
	e := newEngine(t, localCommand)
	state := e.update(e.create(m{"create": "echo c"}), m{"create": "echo c", "update": "echo u"})
	assert.Equal(t, "u", text(state, "stdout"))
}

func TestLocalUpdateRunsCreateWhereUpdateIsUnset(t *testing.T) {
	e := newEngine(t, localCommand)
	state := e.update(e.create(m{"create": "echo c"}), m{"create": "echo again"})
	assert.Equal(t, "again", text(state, "stdout"))
}

func TestLocalUpdateWithoutCommandsKeepsTheOutput(t *testing.T) {
	e := newEngine(t, localCommand)
	state := e.update(e.create(m{"create": "echo c"}), m{})
	assert.Equal(t, "c", text(state, "stdout"))
}

func TestLocalUpdateGetsThePreviousOutput(t *testing.T) {
	e := newEngine(t, localCommand)
	inputs := m{"create": "echo o; echo e >&2", "update": "echo $PULUMI_COMMAND_STDOUT-$PULUMI_COMMAND_STDERR"}
	assert.Equal(t, "o-e", text(e.update(e.create(inputs), inputs), "stdout"))
}

func TestLocalPreviousOutputCanBeLeftOut(t *testing.T) {
	e := newEngine(t, localCommand)
	inputs := m{"create": "echo o", "update": "echo [$PULUMI_COMMAND_STDOUT]", "addPreviousOutputInEnv": false}
	assert.Equal(t, "[]", text(e.update(e.create(inputs), inputs), "stdout"))
}

func TestLocalDeleteUsesTheInputsOfTheState(t *testing.T) {
	e, dir := newEngine(t, localCommand), t.TempDir()
	e.delete(e.create(m{
		"create": "echo made", "delete": "echo $WHO $PULUMI_COMMAND_STDOUT > gone",
		"dir": dir, "environment": m{"WHO": "me"},
	}))
	content, err := os.ReadFile(filepath.Join(dir, "gone"))
	require.NoError(t, err)
	assert.Equal(t, "me made\n", string(content))
}

func TestLocalWithoutDeleteRunsNothing(t *testing.T) {
	e, dir := newEngine(t, localCommand), t.TempDir()
	state := e.create(m{"create": "echo x >> runs", "dir": dir})
	e.delete(state)
	content, err := os.ReadFile(filepath.Join(dir, "runs"))
	require.NoError(t, err)
	assert.Equal(t, "x\n", string(content))
}

func TestLocalStdin(t *testing.T) {
	state := newEngine(t, localCommand).create(m{"create": "cat", "stdin": "given"})
	assert.Equal(t, "given", text(state, "stdout"))
}

func TestLocalEnvironmentIsAddedToTheEngines(t *testing.T) {
	t.Setenv("OUTER", "outer")
	state := newEngine(t, localCommand).create(m{"create": "echo $OUTER $INNER", "environment": m{"INNER": "inner"}})
	assert.Equal(t, "outer inner", text(state, "stdout"))
}

func TestLocalDir(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	assert.Equal(t, dir, text(newEngine(t, localCommand).create(m{"create": "pwd -P", "dir": dir}), "stdout"))
}

func TestLocalMissingDirFails(t *testing.T) {
	_, err := newEngine(t, localCommand).tryCreate(m{"create": "pwd", "dir": "/does/not/exist"})
	assert.ErrorContains(t, err, "no such file or directory")
}

func TestLocalInterpreterGetsTheCommandLast(t *testing.T) {
	state := newEngine(t, localCommand).create(m{"create": "a b", "interpreter": []any{"printf", "<%s>"}})
	assert.Equal(t, "<a b>", text(state, "stdout"))
}

func TestLocalFailureTellsStatusCommandAndOutput(t *testing.T) {
	_, err := newEngine(t, localCommand).tryCreate(m{"create": "echo out; echo err >&2; exit 3"})
	assert.ErrorContains(t, err, `exit status 3: running "echo out; echo err >&2; exit 3":`)
	assert.ErrorContains(t, err, "out\n")
	assert.ErrorContains(t, err, "err\n")
}

// The provider waits for a child that keeps stdout open.
func TestLocalWaitsForChildrenThatHoldTheOutput(t *testing.T) {
	state := newEngine(t, localCommand).create(m{"create": "(sleep 3; echo late) & echo early"})
	assert.Equal(t, "early\nlate", text(state, "stdout"))
}

func TestLocalCancelKillsTheWholeProcessGroup(t *testing.T) {
	e, dir := newEngine(t, localCommand), t.TempDir()
	failed := make(chan error, 1)
	go func() {
		_, err := e.tryCreate(m{"create": "(sleep 2; touch survived) & touch started; wait", "dir": dir})
		failed <- err
	}()
	require.Eventually(t, func() bool { return exists(dir, "started") }, 5*time.Second, 10*time.Millisecond)
	require.NoError(t, e.Cancel())
	assert.Error(t, <-failed)
	time.Sleep(2500 * time.Millisecond)
	assert.False(t, exists(dir, "survived"))
}

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

func TestLocalLogging(t *testing.T) {
	for mode, want := range map[string][]string{
		"":                {"out", "err"},
		"stdoutAndStderr": {"out", "err"},
		"stdout":          {"out"},
		"stderr":          {"err"},
		"none":            nil,
	} {
		t.Run(mode, func(t *testing.T) {
			messages := logged(t)
			inputs := m{"create": "echo out; sleep 0.1; echo err >&2"}
			if mode != "" {
				inputs["logging"] = mode
			}
			state := newEngine(t, localCommand).create(inputs)
			assert.Equal(t, want, messages())
			assert.Equal(t, "out", text(state, "stdout"))
		})
	}
}

func TestLocalLogsALineOf200kB(t *testing.T) {
	messages := logged(t)
	state := newEngine(t, localCommand).create(m{"create": "head -c 200000 /dev/zero | tr '\\0' x; echo; echo end"})
	require.Len(t, messages(), 2)
	assert.Len(t, messages()[0], 200000)
	assert.Equal(t, strings.Repeat("x", 200000)+"\nend", text(state, "stdout"))
}

func TestLocalOutputsAreUnknownInAPreviewOfCreate(t *testing.T) {
	state := newEngine(t, localCommand).previewCreate(m{"create": "exit 1"})
	assert.True(t, state.Get("stdout").IsComputed())
	assert.Equal(t, "exit 1", text(state, "create"))
}

func TestLocalOutputsAreUnknownInAPreviewOfAChange(t *testing.T) {
	e := newEngine(t, localCommand)
	state := e.create(m{"create": "echo c", "delete": "true"})
	state = e.previewUpdate(state, m{"create": "echo c", "delete": "false"})
	assert.True(t, state.Get("stdout").IsComputed())
}

func TestLocalOutputsStayKnownInAPreviewWithoutAChange(t *testing.T) {
	e := newEngine(t, localCommand)
	state := e.previewUpdate(e.create(m{"create": "echo c"}), m{"create": "echo c"})
	assert.Equal(t, "c", text(state, "stdout"))
}

// As in the official provider, an output is secret if the input of the same name is.
func TestLocalSecretInputStaysSecretInState(t *testing.T) {
	e := newEngine(t, localCommand)
	inputs := e.check(m{"create": "cat", "stdin": "hidden"})
	inputs = inputs.Set("stdin", property.New("hidden").WithSecret(true))
	resp, err := e.Create(p.CreateRequest{Urn: e.urn, Properties: inputs})
	require.NoError(t, err)
	assert.True(t, resp.Properties.Get("stdin").Secret())
	assert.False(t, resp.Properties.Get("stdout").Secret())
}
