package provider_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRemoteCheckFillsInTheDefaults(t *testing.T) {
	inputs := newEngine(t, remoteCommand).check(m{"connection": m{"host": "h", "proxy": m{"host": "p"}}})
	defaults := m{"host": "h", "user": "root", "port": 22.0, "dialErrorLimit": 10.0, "perDialTimeout": 15.0}
	defaults["proxy"] = m{"host": "p", "user": "root", "port": 22.0, "dialErrorLimit": 10.0, "perDialTimeout": 15.0}
	assert.Equal(t, object(defaults), inputs.Get("connection").AsMap())
	assert.True(t, inputs.Get("addPreviousOutputInEnv").AsBool())
}

func TestRemoteConnectionIsSecret(t *testing.T) {
	d, e := startSSHD(t), newEngine(t, remoteCommand)
	inputs := m{"connection": d.connection(nil), "create": "echo public"}
	assert.True(t, e.check(inputs).Get("connection").Secret())
	assert.True(t, e.create(inputs).Get("connection").Secret())
}

func TestRemoteOutputIsNotSecretThoughTheConnectionIs(t *testing.T) {
	d := startSSHD(t)
	state := newEngine(t, remoteCommand).create(m{"connection": d.connection(nil), "create": "echo public"})
	assert.False(t, state.Get("stdout").Secret())
}

func TestRemoteCreateReturnsBothStreams(t *testing.T) {
	d := startSSHD(t)
	state := newEngine(t, remoteCommand).create(m{"connection": d.connection(nil), "create": "echo o; echo e >&2"})
	assert.Equal(t, "o", text(state, "stdout"))
	assert.Equal(t, "e", text(state, "stderr"))
}

func TestRemoteWithoutCreateDoesNotConnect(t *testing.T) {
	d := startSSHD(t)
	newEngine(t, remoteCommand).create(m{"connection": d.connection(nil), "delete": "true"})
	assert.Zero(t, d.dials.Load())
}

func TestRemotePreviewDoesNotConnect(t *testing.T) {
	d := startSSHD(t)
	state := newEngine(t, remoteCommand).previewCreate(m{"connection": d.connection(nil), "create": "true"})
	assert.True(t, state.Get("stdout").IsComputed())
	assert.Zero(t, d.dials.Load())
}

func TestRemoteUpdateRunsUpdateElseCreate(t *testing.T) {
	d, e := startSSHD(t), newEngine(t, remoteCommand)
	state := e.create(m{"connection": d.connection(nil), "create": "echo c"})
	state = e.update(state, m{"connection": d.connection(nil), "create": "echo again"})
	assert.Equal(t, "again", text(state, "stdout"))
	state = e.update(state, m{"connection": d.connection(nil), "create": "echo c", "update": "echo u"})
	assert.Equal(t, "u", text(state, "stdout"))
}

func TestRemotePreviousOutputIsInTheEnvironment(t *testing.T) {
	d, e := startSSHD(t), newEngine(t, remoteCommand)
	inputs := m{"connection": d.connection(nil), "create": "echo o; echo e >&2",
		"update": "echo $PULUMI_COMMAND_STDOUT-$PULUMI_COMMAND_STDERR"}
	assert.Equal(t, "o-e", text(e.update(e.create(inputs), inputs), "stdout"))
}

func TestRemoteDeleteUsesTheInputsOfTheState(t *testing.T) {
	d, e, dir := startSSHD(t), newEngine(t, remoteCommand), t.TempDir()
	target := filepath.Join(dir, "gone")
	e.delete(e.create(m{"connection": d.connection(nil), "delete": "echo $WHO > " + target, "environment": m{"WHO": "me"}}))
	content, err := os.ReadFile(target)
	require.NoError(t, err)
	assert.Equal(t, "me\n", string(content))
}

func TestRemoteWithoutDeleteDoesNotConnect(t *testing.T) {
	d, e := startSSHD(t), newEngine(t, remoteCommand)
	e.delete(e.create(m{"connection": d.connection(nil)}))
	assert.Zero(t, d.dials.Load())
}

func TestRemoteStdin(t *testing.T) {
	d := startSSHD(t)
	state := newEngine(t, remoteCommand).create(m{"connection": d.connection(nil), "create": "cat", "stdin": "given"})
	assert.Equal(t, "given", text(state, "stdout"))
}

func TestRemoteFailureTellsStatusCommandAndOutput(t *testing.T) {
	d := startSSHD(t)
	_, err := newEngine(t, remoteCommand).tryCreate(m{"connection": d.connection(nil), "create": "echo why; exit 3"})
	assert.ErrorContains(t, err, "Process exited with status 3: running \"echo why; exit 3\":\nwhy")
}

func TestRemoteLogsALineOf200kB(t *testing.T) {
	messages, d := logged(t), startSSHD(t)
	state := newEngine(t, remoteCommand).create(m{
		"connection": d.connection(nil), "create": "head -c 200000 /dev/zero | tr '\\0' x",
	})
	require.Equal(t, []string{strings.Repeat("x", 200000)}, messages())
	assert.Len(t, text(state, "stdout"), 200000)
}

func TestRemoteLoggingNoneLogsNothing(t *testing.T) {
	messages, d := logged(t), startSSHD(t)
	newEngine(t, remoteCommand).create(m{"connection": d.connection(nil), "create": "echo x", "logging": "none"})
	assert.Empty(t, messages())
}

func TestRefusedEnvironmentFailsAndNamesAcceptEnv(t *testing.T) {
	messages, d := logged(t), startSSHD(t, refusingEnv)
	_, err := newEngine(t, remoteCommand).tryCreate(m{
		"connection": d.connection(nil), "create": "true", "environment": m{"A": "hidden"},
	})
	assert.ErrorContains(t, err, `could not set environment variable "A"`)
	require.Len(t, messages(), 1)
	assert.Contains(t, messages()[0], "AcceptEnv")
	assert.NotContains(t, messages()[0], "hidden")
}

func TestRefusedPreviousOutputOnlyWarns(t *testing.T) {
	d, e := startSSHD(t, refusingEnv), newEngine(t, remoteCommand)
	inputs := m{"connection": d.connection(nil), "create": "echo x"}
	state := e.create(inputs)
	messages := logged(t)
	assert.Equal(t, "x", text(e.update(state, inputs), "stdout"))
	assert.Contains(t, strings.Join(messages(), "\n"), "Unable to set 'PULUMI_COMMAND_STDOUT'")
}

func TestRemoteCancelEndsACommandUnderWay(t *testing.T) {
	d, e, dir := startSSHD(t), newEngine(t, remoteCommand), t.TempDir()
	failed := make(chan error, 1)
	go func() {
		_, err := e.tryCreate(m{"connection": d.connection(nil), "create": "touch " + dir + "/started; exec sleep 30"})
		failed <- err
	}()
	require.Eventually(t, func() bool { return exists(dir, "started") }, 5*time.Second, 10*time.Millisecond)
	require.NoError(t, e.Cancel())
	assert.ErrorContains(t, <-failed, "context canceled")
}
