package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/retry"
	"golang.org/x/crypto/ssh"
)

// client is an SSH connection with the agent and the jump host that it depends on.
type client struct {
	*ssh.Client
	below []io.Closer
}

// Close ends the connection, and then the agent and jump host connections.
func (c *client) Close() error {
	var errs []error
	if c.Client != nil {
		errs = append(errs, c.Client.Close())
	}
	for i := len(c.below) - 1; i >= 0; i-- {
		errs = append(errs, c.below[i].Close())
	}
	return errors.Join(errs...)
}

// dialer opens a network connection; a jump host's SSH client is one.
type dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// dial connects to the machine, through the jump host if there is one. Close the client after use.
func (c *Connection) dial(ctx context.Context) (_ *client, err error) {
	result := &client{}
	defer func() {
		if err != nil {
			_ = result.Close()
		}
	}()
	var via dialer = &net.Dialer{}
	what, prefix := "Dial", ""
	if c.Proxy != nil {
		what, prefix = "Dial from proxy", "proxy: "
		proxy, err := c.Proxy.connect(ctx, "Dial proxy", via, result)
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		result.below = append(result.below, proxy)
		via = proxy
	}
	result.Client, err = c.connect(ctx, what, via, result)
	if err != nil {
		return nil, fmt.Errorf("%s%w", prefix, err)
	}
	return result, nil
}

// connect logs in to one endpoint. It retries with growing pauses until it succeeds, the
// endpoint's limit of failures is exceeded, or ctx ends.
func (e *endpoint) connect(ctx context.Context, what string, via dialer, rest *client) (*ssh.Client, error) {
	config, agent, err := e.clientConfig()
	if err != nil {
		return nil, err
	}
	rest.below = append(rest.below, agent)

	limit := e.dialErrorLimit()
	ok, value, err := retry.Until(ctx, retry.Acceptor{
		Accept: func(try int, _ time.Duration) (bool, any, error) {
			c, err := e.dialOnce(ctx, via, config)
			switch failures := try + 1; {
			case err == nil:
				return true, c, nil
			case ctx.Err() != nil:
				return false, nil, ctx.Err()
			case limit >= 0 && failures > limit:
				return false, nil, fmt.Errorf("after %d failed attempts: %w", try, err)
			default:
				p.GetLogger(ctx).InfoStatusf("%s %d/%s failed: retrying", what, failures, limitText(limit))
				return false, nil, nil
			}
		},
	})
	if err != nil {
		return nil, err
	}
	if !ok { // Until reports an ended context this way.
		return nil, ctx.Err()
	}
	return value.(*ssh.Client), nil
}

func limitText(limit int) string {
	if limit < 0 {
		return "inf"
	}
	return strconv.Itoa(limit)
}

// dialOnce makes one attempt. perDialTimeout includes the SSH handshake: a booting machine that
// accepts the connection but does not answer must not block.
func (e *endpoint) dialOnce(ctx context.Context, via dialer, config *ssh.ClientConfig) (*ssh.Client, error) {
	if timeout := e.perDialTimeout(); timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	conn, err := via.DialContext(ctx, "tcp", e.address())
	if err != nil {
		return nil, err
	}
	// Closing the connection is the only way to stop a handshake, because a channel through a
	// jump host does not support deadlines.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	c, channels, requests, err := ssh.NewClientConn(conn, e.address(), config)
	if !stop() {
		err = errors.Join(fmt.Errorf("ssh: handshake with %s: %w", e.address(), ctx.Err()), err)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return ssh.NewClient(c, channels, requests), nil
}
