package provider_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gliderlabs/ssh"
	"github.com/pkg/sftp"
	"github.com/stretchr/testify/require"
	gossh "golang.org/x/crypto/ssh"
)

const (
	testUser     = "ada"
	testPassword = "correct horse"
)

// sshd is an SSH server in this process: it runs commands with /bin/sh, serves SFTP on the
// local file system and forwards connections.
type sshd struct {
	ssh.Server
	host      string
	port      int
	hostKey   string // public, as a line of authorized_keys
	dials     atomic.Int64
	forwarded atomic.Int64
	key       string // a private key that may log in
}

func newKey(t *testing.T, passphrase string) (private string, signer gossh.Signer) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	signer, err = gossh.NewSignerFromKey(key)
	require.NoError(t, err)
	block, err := gossh.MarshalPrivateKey(key, "")
	if passphrase != "" {
		block, err = gossh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	require.NoError(t, err)
	return string(pem.EncodeToMemory(block)), signer
}

// startSSHD starts a server; settings may change its configuration first.
func startSSHD(t *testing.T, settings ...func(*sshd)) *sshd {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, hostSigner := newKey(t, "")
	key, userSigner := newKey(t, "")
	d := &sshd{host: "127.0.0.1", port: listener.Addr().(*net.TCPAddr).Port, key: key}
	d.hostKey = strings.TrimSpace(string(gossh.MarshalAuthorizedKey(hostSigner.PublicKey())))
	d.HostSigners = []ssh.Signer{hostSigner}
	d.ConnCallback = func(_ ssh.Context, conn net.Conn) net.Conn { d.dials.Add(1); return conn }
	d.PasswordHandler = func(ctx ssh.Context, password string) bool {
		return ctx.User() == testUser && password == testPassword
	}
	d.PublicKeyHandler = func(ctx ssh.Context, key ssh.PublicKey) bool {
		return ctx.User() == testUser && ssh.KeysEqual(key, userSigner.PublicKey())
	}
	d.Handler = runInShell
	d.SubsystemHandlers = map[string]ssh.SubsystemHandler{"sftp": serveFiles}
	d.LocalPortForwardingCallback = func(ssh.Context, string, uint32) bool { d.forwarded.Add(1); return true }
	d.ChannelHandlers = map[string]ssh.ChannelHandler{
		"session": ssh.DefaultSessionHandler, "direct-tcpip": ssh.DirectTCPIPHandler,
	}
	for _, set := range settings {
		set(d)
	}
	go func() { _ = d.Serve(listener) }()
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// connection are inputs that log in to the server with its key.
func (d *sshd) connection(more m) m {
	connection := m{"host": d.host, "port": float64(d.port), "user": testUser, "dialErrorLimit": 0.0}
	if _, ok := more["password"]; !ok {
		connection["privateKey"] = d.key
	}
	for key, value := range more {
		connection[key] = value
	}
	return connection
}

func runInShell(session ssh.Session) {
	cmd := exec.CommandContext(session.Context(), "/bin/sh", "-c", session.RawCommand())
	cmd.Env = append(cmd.Environ(), session.Environ()...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = session, session, session.Stderr()
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		_ = session.Exit(exit.ExitCode())
	case err != nil:
		_ = session.Exit(255)
	}
}

func serveFiles(session ssh.Session) {
	server, err := sftp.NewServer(session)
	if err != nil {
		return
	}
	if err := server.Serve(); errors.Is(err, io.EOF) {
		_ = server.Close()
	}
}

// refusingEnv makes the server behave like one without AcceptEnv.
func refusingEnv(d *sshd) {
	d.ChannelHandlers["session"] = func(
		srv *ssh.Server, conn *gossh.ServerConn, channel gossh.NewChannel, ctx ssh.Context,
	) {
		ssh.DefaultSessionHandler(srv, conn, withoutEnv{channel}, ctx)
	}
}

type withoutEnv struct{ gossh.NewChannel }

func (w withoutEnv) Accept() (gossh.Channel, <-chan *gossh.Request, error) {
	channel, requests, err := w.NewChannel.Accept()
	kept := make(chan *gossh.Request)
	go func() {
		defer close(kept)
		for request := range requests {
			if request.Type == "env" {
				_ = request.Reply(false, nil)
				continue
			}
			kept <- request
		}
	}()
	return channel, kept, err
}

// acceptingKey allows one more key to log in.
func acceptingKey(signer gossh.Signer) func(*sshd) {
	return func(d *sshd) {
		d.PublicKeyHandler = func(ctx ssh.Context, key ssh.PublicKey) bool {
			return ctx.User() == testUser && ssh.KeysEqual(key, signer.PublicKey())
		}
	}
}
