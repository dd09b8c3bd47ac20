// Package remote runs commands on, and copies files to, other machines over SSH. Its name is
// the module part of the tokens command:remote:Command, :CopyToRemote and :CopyFile.
package remote

import (
	"net"
	"strconv"
	"time"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Defaults of a connection. Check fills them in; the accessors below apply them again for a
// state that was written without.
const (
	defaultUser           = "root"
	defaultPort           = 22
	defaultDialErrorLimit = 10
	defaultPerDialTimeout = 15 // seconds
)

// endpoint is one SSH server and its login.
type endpoint struct {
	User               *string  `pulumi:"user,optional"`
	Password           *string  `pulumi:"password,optional" provider:"secret"`
	Host               *string  `pulumi:"host"`
	HostKey            *string  `pulumi:"hostKey,optional"`
	Port               *float64 `pulumi:"port,optional"`
	PrivateKey         *string  `pulumi:"privateKey,optional" provider:"secret"`
	PrivateKeyPassword *string  `pulumi:"privateKeyPassword,optional" provider:"secret"`
	AgentSocketPath    *string  `pulumi:"agentSocketPath,optional"`
	DialErrorLimit     *int     `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout     *int     `pulumi:"perDialTimeout,optional"`
}

// Connection is the server to work on, and its jump host, if any.
type Connection struct {
	endpoint
	Proxy *ProxyConnection `pulumi:"proxy,optional"`
}

// ProxyConnection is a jump host.
type ProxyConnection struct{ endpoint }

// Annotate describes the fields in the schema and sets their defaults.
func (c *Connection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How to connect to a remote machine.")
	annotate(a, &c.endpoint)
	a.Describe(&c.Proxy, "The jump host to connect through.")
}

// Annotate describes the fields in the schema and sets their defaults.
func (c *ProxyConnection) Annotate(a infer.Annotator) {
	a.Describe(&c, "How to connect to a jump host.")
	annotate(a, &c.endpoint)
}

func annotate(a infer.Annotator, e *endpoint) {
	a.Describe(&e.User, "The user to log in as. Defaults to root.")
	a.SetDefault(&e.User, defaultUser)
	a.Describe(&e.Password, "The password to log in with.")
	a.Describe(&e.Host, "The address of the machine.")
	a.Describe(&e.HostKey, "The host key the machine must show, as a line of an authorized_keys file. "+
		"Where it is not set, any host key is accepted.")
	a.Describe(&e.Port, "The port of the SSH server. Defaults to 22.")
	a.SetDefault(&e.Port, defaultPort)
	a.Describe(&e.PrivateKey, "The private key to log in with, as text; it is tried before the password.")
	a.Describe(&e.PrivateKeyPassword, "The password of the private key, if it is encrypted.")
	a.Describe(&e.AgentSocketPath, "The socket of an SSH agent. Defaults to SSH_AUTH_SOCK, if that is set.")
	a.Describe(&e.DialErrorLimit, "How many failed dials to put up with; -1 is no limit. Defaults to 10.")
	a.SetDefault(&e.DialErrorLimit, defaultDialErrorLimit)
	a.Describe(&e.PerDialTimeout, "How many seconds one dial may take; 0 is no limit. Defaults to 15.")
	a.SetDefault(&e.PerDialTimeout, defaultPerDialTimeout)
}

// or is the value that p points to, or fallback if there is none.
func or[T any](p *T, fallback T) T {
	if p == nil {
		return fallback
	}
	return *p
}

func (e *endpoint) address() string {
	port := int(or(e.Port, defaultPort))
	return net.JoinHostPort(or(e.Host, ""), strconv.Itoa(port))
}

func (e *endpoint) dialErrorLimit() int { return or(e.DialErrorLimit, defaultDialErrorLimit) }

// perDialTimeout is the limit for one dial; zero is none.
func (e *endpoint) perDialTimeout() time.Duration {
	return time.Duration(or(e.PerDialTimeout, defaultPerDialTimeout)) * time.Second
}
