package provider_test

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// login runs a command over the connection and returns the error.
func login(t *testing.T, connection m) error {
	t.Helper()
	state, err := newEngine(t, remoteCommand).tryCreate(m{"connection": connection, "create": "echo in"})
	if err == nil {
		assert.Equal(t, "in", text(state, "stdout"))
	}
	return err
}

func TestLoginWithAPassword(t *testing.T) {
	assert.NoError(t, login(t, startSSHD(t).connection(m{"password": testPassword})))
}

func TestLoginWithAWrongPasswordFailsAndDoesNotTellIt(t *testing.T) {
	err := login(t, startSSHD(t).connection(m{"password": "wrong horse"}))
	assert.ErrorContains(t, err, "unable to authenticate")
	assert.NotContains(t, err.Error(), "wrong horse")
}

func TestLoginWithAnEncryptedKey(t *testing.T) {
	key, signer := newKey(t, "phrase")
	d := startSSHD(t, acceptingKey(signer))
	assert.NoError(t, login(t, d.connection(m{"privateKey": key, "privateKeyPassword": "phrase"})))
}

func TestLoginWithAnAgent(t *testing.T) {
	raw, _ := newKey(t, "")
	key, err := ssh.ParseRawPrivateKey([]byte(raw))
	require.NoError(t, err)
	signer, err := ssh.NewSignerFromKey(key)
	require.NoError(t, err)
	keyring := agent.NewKeyring()
	require.NoError(t, keyring.Add(agent.AddedKey{PrivateKey: key}))
	socket := filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			go func() { _ = agent.ServeAgent(keyring, conn) }()
		}
	}()
	connection := startSSHD(t, acceptingKey(signer)).connection(m{"agentSocketPath": socket})
	delete(connection, "privateKey")
	assert.NoError(t, login(t, connection))
}

func TestTheRightHostKeyPasses(t *testing.T) {
	d := startSSHD(t)
	assert.NoError(t, login(t, d.connection(m{"hostKey": d.hostKey})))
}

func TestAnotherHostKeyFailsClearly(t *testing.T) {
	d, other := startSSHD(t), startSSHD(t)
	assert.ErrorContains(t, login(t, d.connection(m{"hostKey": other.hostKey})), "host key mismatch")
}

func TestAHostKeyThatIsNoneFails(t *testing.T) {
	d := startSSHD(t)
	assert.ErrorContains(t, login(t, d.connection(m{"hostKey": "nonsense"})), "failed to parse host key")
	assert.Zero(t, d.dials.Load())
}

func TestAJumpHostForwardsTheConnection(t *testing.T) {
	target, jump := startSSHD(t), startSSHD(t)
	require.NoError(t, login(t, target.connection(m{"proxy": jump.connection(nil)})))
	assert.EqualValues(t, 1, jump.forwarded.Load())
	assert.EqualValues(t, 1, target.dials.Load())
}

func TestTheHostKeyOfAJumpHostIsChecked(t *testing.T) {
	target, jump := startSSHD(t), startSSHD(t)
	err := login(t, target.connection(m{"proxy": jump.connection(m{"hostKey": target.hostKey})}))
	assert.ErrorContains(t, err, "proxy: ")
	assert.ErrorContains(t, err, "host key mismatch")
	assert.Zero(t, target.dials.Load())
}

func TestTheHostKeyBehindAJumpHostIsChecked(t *testing.T) {
	target, jump := startSSHD(t), startSSHD(t)
	err := login(t, target.connection(m{"hostKey": jump.hostKey, "proxy": jump.connection(nil)}))
	assert.ErrorContains(t, err, "host key mismatch")
}

func TestDialErrorLimitBoundsTheDials(t *testing.T) {
	d := startSSHD(t)
	err := login(t, d.connection(m{"password": "wrong", "dialErrorLimit": 2.0}))
	assert.ErrorContains(t, err, "after 2 failed attempts")
	assert.EqualValues(t, 3, d.dials.Load())
}

func TestDialingIsTriedAgainUntilTheServerIsThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { // drops the first two connections, like a booting machine
		for range 2 {
			if conn, err := listener.Accept(); err == nil {
				_ = conn.Close()
			}
		}
		_ = listener.Close()
	}()
	jump := startSSHD(t)
	connection := jump.connection(m{"port": float64(listener.Addr().(*net.TCPAddr).Port), "dialErrorLimit": 3.0})
	messages := logged(t)
	assert.ErrorContains(t, login(t, connection), "after 3 failed attempts")
	assert.Equal(t, []string{"Dial 1/3 failed: retrying", "Dial 2/3 failed: retrying", "Dial 3/3 failed: retrying"},
		messages())
}

// silent is the address of a server that accepts connections but never sends anything.
func silent(t *testing.T) float64 {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return float64(listener.Addr().(*net.TCPAddr).Port)
}

func TestPerDialTimeoutEndsADialToASilentServer(t *testing.T) {
	start := time.Now()
	err := login(t, startSSHD(t).connection(m{"port": silent(t), "perDialTimeout": 1.0}))
	assert.ErrorContains(t, err, "deadline exceeded")
	assert.Less(t, time.Since(start), 4*time.Second)
}

func TestPerDialTimeoutHoldsBehindAJumpHost(t *testing.T) {
	d, start := startSSHD(t), time.Now()
	err := login(t, d.connection(m{"port": silent(t), "perDialTimeout": 1.0, "proxy": d.connection(nil)}))
	assert.ErrorContains(t, err, "deadline exceeded")
	assert.Less(t, time.Since(start), 4*time.Second)
}

func TestCancelEndsDialing(t *testing.T) {
	e := newEngine(t, remoteCommand)
	connection := startSSHD(t).connection(m{"port": silent(t), "perDialTimeout": 0.0, "dialErrorLimit": -1.0})
	inputs, failed := e.check(m{"connection": connection, "create": "true"}), make(chan error, 1)
	go func() {
		_, err := e.Create(p.CreateRequest{Urn: e.urn, Properties: inputs})
		failed <- err
	}()
	time.Sleep(200 * time.Millisecond)
	require.NoError(t, e.Cancel())
	assert.ErrorContains(t, <-failed, "context canceled")
}

func TestAnUnknownConnectionFieldDoesNotTellTheKey(t *testing.T) {
	e := newEngine(t, remoteCommand)
	resp, err := e.Check(p.CheckRequest{Urn: e.urn, Inputs: object(m{
		"connection": m{"host": "h", "privateKey": "PRIVATE", "extra": "x"}, "create": "true",
	})})
	require.NoError(t, err)
	require.Len(t, resp.Failures, 1)
	assert.NotContains(t, resp.Failures[0].Reason, "PRIVATE")
	assert.Contains(t, resp.Failures[0].Reason, "property connection: ")
	assert.Empty(t, resp.Failures[0].Property, "the engine prints the value of the property it names")
	assert.True(t, resp.Inputs.Get("connection").Secret())
}
