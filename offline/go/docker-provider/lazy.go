package main

import (
	"context"
	"runtime/debug"
	"sync"

	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// connection delays connecting to the engine until it is needed. The Terraform provider pings the engine when it is
// configured, and Pulumi configures every provider of a stack: one unreachable host would then fail every preview and
// destroy, even of resources on other hosts.
type connection struct {
	dial func(context.Context) (any, diag.Diagnostics)

	mu      sync.Mutex
	attempt *attempt // the one that succeeded, or is under way
}

type attempt struct {
	done   chan struct{} // closed when client and diags are final
	client any
	diags  diag.Diagnostics
}

// get connects once. Callers during an attempt share its result, so an unreachable host costs one timeout instead
// of one per resource. A later caller tries again, because the host may be reachable by then.
func (c *connection) get(ctx context.Context) (any, diag.Diagnostics) {
	c.mu.Lock()
	a := c.attempt
	if a == nil {
		a = &attempt{done: make(chan struct{})}
		c.attempt = a
		// Other callers wait for this attempt, so it must not end when its first caller is cancelled.
		go c.run(context.WithoutCancel(ctx), a)
	}
	c.mu.Unlock()

	select {
	case <-a.done:
		return a.client, a.diags
	case <-ctx.Done():
		return nil, diag.FromErr(ctx.Err())
	}
}

func (c *connection) run(ctx context.Context, a *attempt) {
	a.client, a.diags = c.dial(ctx)
	if a.diags.HasError() {
		c.mu.Lock()
		c.attempt = nil
		c.mu.Unlock()
	}
	close(a.done)
}

// makeLazy delays p's configuration until the first call that works on a resource or reads a data source.
func makeLazy(p *schema.Provider) {
	configure := p.ConfigureContextFunc
	p.ConfigureContextFunc = func(_ context.Context, d *schema.ResourceData) (any, diag.Diagnostics) {
		return &connection{dial: func(ctx context.Context) (any, diag.Diagnostics) { return configure(ctx, d) }}, nil
	}
	for _, resources := range []map[string]*schema.Resource{p.ResourcesMap, p.DataSourcesMap} {
		for _, r := range resources {
			r.CreateContext = connected(r.CreateContext)
			r.ReadContext = connected(r.ReadContext)
			r.UpdateContext = connected(r.UpdateContext)
			r.DeleteContext = connected(r.DeleteContext)
		}
	}
}

// connected calls f with the client instead of the connection. A panic in f (2.23 has some) becomes an error, because
// it would end the plugin with all calls in progress, whose new objects would then be missing from the state.
func connected[F ~func(context.Context, *schema.ResourceData, any) diag.Diagnostics](f F) F {
	if f == nil {
		return nil
	}
	return func(ctx context.Context, d *schema.ResourceData, meta any) (diags diag.Diagnostics) {
		defer func() {
			if r := recover(); r != nil {
				diags = diag.Errorf("the Terraform provider panicked: %v\n%s", r, debug.Stack())
			}
		}()
		client, diags := meta.(*connection).get(ctx)
		if diags.HasError() {
			return diags
		}
		return append(diags, f(ctx, d, client)...)
	}
}
