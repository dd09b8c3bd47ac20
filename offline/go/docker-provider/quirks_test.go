package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/terraform"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// connectedTo gives the provider configured for an engine that answers each request with f.
func connectedTo(t *testing.T, f http.HandlerFunc) *schema.Provider {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Api-Version", "1.41")
		if !strings.HasSuffix(r.URL.Path, "/_ping") {
			f(w, r)
		}
	}))
	t.Cleanup(server.Close)
	p := terraformProvider()
	host := strings.Replace(server.URL, "http", "tcp", 1)
	if diags := p.Configure(context.Background(), terraform.NewResourceConfigRaw(map[string]any{"host": host})); diags.HasError() {
		t.Fatal(diags)
	}
	return p
}

func TestWhatIsMissingIsGoneAndOnlyServicesAndTheirFilesFailToBeDeleted(t *testing.T) {
	p := connectedTo(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"message":"No such thing"}`))
	})
	for name := range inspectors {
		r := p.ResourcesMap[name]
		d := r.TestResourceData()
		d.SetId("gone")
		fails := slices.Contains(undeletable, name) // as in the official provider
		if diags := r.DeleteContext(context.Background(), d, p.Meta()); diags.HasError() != fails {
			t.Errorf("delete %s: %v", name, diags)
		}
		d.SetId("gone")
		if diags := r.ReadContext(context.Background(), d, p.Meta()); diags.HasError() || d.Id() != "" {
			t.Errorf("read %s: %v, id %q", name, diags, d.Id())
		}
	}
}

func TestReadingAnExitedContainerOnlyReads(t *testing.T) {
	p := connectedTo(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		_, _ = w.Write([]byte(`{"Id":"c","State":{"Running":false,"ExitCode":3},"HostConfig":{},"Config":{}}`))
	})
	r := p.ResourcesMap["docker_container"]
	d := schema.TestResourceDataRaw(t, r.Schema, map[string]any{"name": "c", "image": "i"})
	d.SetId("c")
	if diags := r.ReadContext(context.Background(), d, p.Meta()); diags.HasError() {
		t.Fatal(diags)
	}
	if d.Id() != "c" || d.Get("must_run").(bool) || d.Get("exit_code").(int) != 3 {
		t.Errorf("id %q, must_run %v, exit_code %v", d.Id(), d.Get("must_run"), d.Get("exit_code"))
	}
}

func TestServiceNetworksAreSpelledTheOldWay(t *testing.T) {
	unknown := resource.MakeComputed(resource.NewStringProperty(""))
	service := func(key string, value any) resource.PropertyMap {
		return resource.NewPropertyMapFromMap(map[string]any{"taskSpec": map[string]any{"runtime": "container", key: value}})
	}
	for name, c := range map[string]struct{ in, want resource.PropertyMap }{
		"by name":      {service("networksAdvanceds", []any{map[string]any{"name": "a"}, map[string]any{"id": "b"}}), service("networks", []any{"a", "b"})},
		"unknown name": {service("networksAdvanceds", []any{map[string]any{"name": unknown}}), service("networks", []any{unknown})},
		"unknown list": {service("networksAdvanceds", unknown), service("networks", unknown)},
		"none":         {service("forceUpdate", 1.0), service("forceUpdate", 1.0)},
	} {
		if got := mapServiceNetworks(c.in); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestUnsupportedInputsAreRefusedByName(t *testing.T) {
	service := resource.NewPropertyMapFromMap(map[string]any{
		"taskSpec": map[string]any{"networksAdvanceds": []any{map[string]any{"name": "a"}, map[string]any{"aliases": []any{"x"}}}},
	})
	if err := rejectUnsupported("Service", service); err == nil || !strings.Contains(err.Error(), "taskSpec.networksAdvanceds.aliases") {
		t.Error(err)
	}
	if err := rejectUnsupported("Container", resource.NewPropertyMapFromMap(map[string]any{"image": "a", "platform": nil})); err != nil {
		t.Error(err)
	}
}

func TestCPUsAreReadExactly(t *testing.T) {
	for in, want := range map[string]int64{"": 0, "0.5": 5e8, "1.25": 125e7, "2": 2e9, "0.1": 1e8} {
		if got, err := nanoCPUs(in); err != nil || got != want {
			t.Errorf("%q: %d, %v", in, got, err)
		}
	}
	for _, in := range []string{"two", "-1", "0.0000000001"} {
		if _, err := nanoCPUs(in); err == nil {
			t.Errorf("%q was accepted", in)
		}
	}
	for in, want := range map[int64]string{125e7: "1.25", 1e9: "1.0"} {
		if got := formatCPUs(in); got != want {
			t.Errorf("%d is printed as %q", in, got)
		}
	}
}

// readService reads a service that the program declared with the given task, from an engine that has the given template.
func readService(t *testing.T, task map[string]any, template string) *schema.ResourceData {
	t.Helper()
	spec := `{"ID":"s","Spec":{"Name":"s","TaskTemplate":` + template + `,"Mode":{"Global":{}},"EndpointSpec":{"Mode":"dnsrr"}},"Endpoint":{"Spec":{"Mode":"dnsrr"}}}`
	p := connectedTo(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/services") {
			spec = "[" + strings.Trim(spec, "[]") + "]"
		} else {
			spec = strings.Trim(spec, "[]")
		}
		_, _ = w.Write([]byte(spec))
	})
	r := p.ResourcesMap["docker_service"]
	d := schema.TestResourceDataRaw(t, r.Schema, map[string]any{"name": "s", "task_spec": []any{task}})
	d.SetId("s")
	if diags := r.ReadContext(context.Background(), d, p.Meta()); diags.HasError() {
		t.Fatal(diags)
	}
	return d
}

func TestServicesAreReadAsTheOfficialProviderReadsThem(t *testing.T) {
	d := readService(t, map[string]any{
		"container_spec": []any{map[string]any{"image": "i", "stop_grace_period": "90s"}},
		"networks":       []any{"bench"},
	}, `{"ContainerSpec":{"Image":"i","StopGracePeriod":90000000000},"Networks":[{"Target":"bench-id"}]}`)
	if got := d.Get("task_spec.0.container_spec.0.stop_grace_period"); got != "1m30s" {
		t.Errorf("a duration is read as %q", got)
	}
	if got := d.Get("task_spec.0.networks").(*schema.Set).List(); len(got) != 1 || got[0] != "bench-id" {
		t.Errorf("networks are read as %v", got)
	}
}

func TestContextMayOnlyBeEmpty(t *testing.T) {
	p := terraformProvider()
	for name, valid := range map[string]bool{"": true, "other": false} {
		config := terraform.NewResourceConfigRaw(map[string]any{"host": "unix:///x", "context": name})
		if diags := p.Validate(config); diags.HasError() == valid {
			t.Errorf("%q: %v", name, diags)
		}
	}
}

func TestCapabilitiesAreComparedAsTheEngineDoes(t *testing.T) {
	r := terraformProvider().ResourcesMap["docker_container"]
	caps := func(names ...any) *schema.Set {
		d := schema.TestResourceDataRaw(t, r.Schema, map[string]any{"capabilities": []any{map[string]any{"add": names}}})
		return d.Get("capabilities").(*schema.Set)
	}
	if !sameCapabilities(caps("net_admin", "CAP_SYS_ADMIN"), caps("CAP_SYS_ADMIN", "CAP_NET_ADMIN")) {
		t.Error("same capabilities differ")
	}
	if sameCapabilities(caps("NET_ADMIN"), caps("NET_RAW")) {
		t.Error("different capabilities are the same")
	}
}

func TestPortsAreTheSameInAnyOrder(t *testing.T) {
	port := func(internal, external int, ip string) any {
		return map[string]any{"internal": internal, "external": external, "ip": ip, "protocol": "tcp"}
	}
	program := []any{port(8080, 80, "127.0.0.1"), port(22, 2222, "0.0.0.0")}
	engine := []any{port(22, 2222, "0.0.0.0"), port(22, 2222, "::"), port(8080, 80, "127.0.0.1")}
	if !samePorts(program, engine) {
		t.Error("same ports differ")
	}
	if samePorts(program, engine[:2]) {
		t.Error("a lost port went unnoticed")
	}
}
