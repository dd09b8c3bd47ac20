package main

import (
	"context"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/terraform"
)

func TestConfiguringDoesNotReachForTheEngine(t *testing.T) {
	p := terraformProvider()
	config := terraform.NewResourceConfigRaw(map[string]any{"host": "tcp://127.0.0.1:1"})
	if diags := p.Configure(context.Background(), config); diags.HasError() {
		t.Fatal(diags)
	}
	volume := p.ResourcesMap["docker_volume"]
	d := volume.TestResourceData()
	d.SetId("v")
	if diags := volume.ReadContext(context.Background(), d, p.Meta()); !diags.HasError() {
		t.Error("reading through a dead host succeeded")
	}
	if d.Id() != "v" {
		t.Error("an object was taken for gone because its engine did not answer")
	}
}

func TestConcurrentCallersShareOneConnection(t *testing.T) {
	dials := 0
	release := make(chan struct{})
	c := &connection{dial: func(context.Context) (any, diag.Diagnostics) {
		dials++
		<-release
		return "client", nil
	}}
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() {
			if client, diags := c.get(context.Background()); client != "client" || diags.HasError() {
				t.Errorf("got %v, %v", client, diags)
			}
		})
	}
	close(release)
	callers.Wait()
	if _, diags := c.get(context.Background()); diags.HasError() || dials != 1 {
		t.Errorf("%d dials, %v", dials, diags)
	}
}

func TestAFailedConnectionIsTriedAgainByLaterCallers(t *testing.T) {
	dials := 0
	c := &connection{dial: func(context.Context) (any, diag.Diagnostics) {
		if dials++; dials == 1 {
			return nil, diag.Errorf("no route")
		}
		return "client", nil
	}}
	if _, diags := c.get(context.Background()); !diags.HasError() {
		t.Fatal("the first attempt succeeded")
	}
	if client, diags := c.get(context.Background()); client != "client" {
		t.Fatal(diags)
	}
}

func TestACancelledCallerDoesNotWait(t *testing.T) {
	c := &connection{dial: func(context.Context) (any, diag.Diagnostics) { select {} }}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, diags := c.get(ctx); !diags.HasError() {
		t.Error("no error")
	}
}

func TestAPanicBecomesAnError(t *testing.T) {
	f := connected(func(context.Context, *schema.ResourceData, any) diag.Diagnostics { panic("boom") })
	c := &connection{dial: func(context.Context) (any, diag.Diagnostics) { return nil, nil }}
	if diags := f(context.Background(), nil, c); !diags.HasError() {
		t.Error("no error")
	}
}
