package main

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/swarm"
	"github.com/docker/docker/client"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

type crud = func(context.Context, *schema.ResourceData, any) diag.Diagnostics

func engine(meta any) *client.Client { return meta.(*provider.ProviderConfig).DockerClient }

// fixProviderSchema accepts an option of the official provider that is always in effect here.
func fixProviderSchema(p *schema.Provider) {
	p.Schema["disable_docker_daemon_check"] = &schema.Schema{
		Type:        schema.TypeBool,
		Optional:    true,
		Description: "Has no effect: the engine is asked for only once a resource needs it.",
	}
}

func fixResources(p *schema.Provider) {
	fixContainer(p.ResourcesMap["docker_container"])
	fixService(p.ResourcesMap["docker_service"])
	for name, inspect := range inspectors {
		fixMissing(p.ResourcesMap[name], inspect)
	}
	keepEquivalents(p.ResourcesMap["docker_container"], containerEquivalents)
	keepEquivalents(p.ResourcesMap["docker_network"], networkEquivalents)
	keepEquivalents(p.ResourcesMap["docker_service"], serviceEquivalents)
}

// inspectors ask the engine for one object by its id.
var inspectors = map[string]func(context.Context, *client.Client, string) error{
	"docker_container": func(ctx context.Context, c *client.Client, id string) error {
		_, err := c.ContainerInspect(ctx, id)
		return err
	},
	"docker_network": func(ctx context.Context, c *client.Client, id string) error {
		_, err := c.NetworkInspect(ctx, id, types.NetworkInspectOptions{})
		return err
	},
	"docker_volume": func(ctx context.Context, c *client.Client, id string) error {
		_, err := c.VolumeInspect(ctx, id)
		return err
	},
	"docker_service": func(ctx context.Context, c *client.Client, id string) error {
		_, _, err := c.ServiceInspectWithRaw(ctx, id, types.ServiceInspectOptions{})
		return err
	},
	"docker_config": func(ctx context.Context, c *client.Client, id string) error {
		_, _, err := c.ConfigInspectWithRaw(ctx, id)
		return err
	},
	"docker_secret": func(ctx context.Context, c *client.Client, id string) error {
		_, _, err := c.SecretInspectWithRaw(ctx, id)
		return err
	},
}

// fixMissing makes read and delete distinguish "no such object" from other errors. The Terraform provider fails to
// delete a missing container, service or volume, fails to read a missing volume, and, worse, treats a network, config
// or secret as missing if the engine failed to answer.
func fixMissing(r *schema.Resource, inspect func(context.Context, *client.Client, string) error) {
	read, remove := r.ReadContext, r.DeleteContext
	r.ReadContext = func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		if err := inspect(ctx, engine(meta), d.Id()); client.IsErrNotFound(err) {
			d.SetId("")
			return nil
		} else if err != nil {
			return diag.FromErr(err)
		}
		return read(ctx, d, meta)
	}
	r.DeleteContext = func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		if err := inspect(ctx, engine(meta), d.Id()); client.IsErrNotFound(err) {
			return nil
		} else if err != nil {
			return diag.FromErr(err)
		}
		diags := remove(ctx, d, meta)
		if diags.HasError() && client.IsErrNotFound(inspect(ctx, engine(meta), d.Id())) {
			return nil // something else has deleted it
		}
		return diags
	}
}

func fixContainer(r *schema.Resource) {
	r.Schema["cpus"] = &schema.Schema{
		Type:        schema.TypeString,
		Optional:    true,
		Description: "How many CPUs the container may use, such as 1.5.",
		ValidateFunc: func(v any, key string) ([]string, []error) {
			if _, err := nanoCPUs(v.(string)); err != nil {
				return nil, []error{fmt.Errorf("%s: %w", key, err)}
			}
			return nil, nil
		},
		DiffSuppressFunc: func(_, before, after string, _ *schema.ResourceData) bool {
			a, errA := nanoCPUs(before)
			b, errB := nanoCPUs(after)
			return errA == nil && errB == nil && a == b
		},
	}

	create, read, update := r.CreateContext, r.ReadContext, r.UpdateContext
	r.CreateContext = func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		diags := create(ctx, d, meta)
		if diags.HasError() || d.Id() == "" {
			return diags
		}
		return append(diags, limitCPUs(ctx, d, meta)...)
	}
	r.ReadContext = func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		c, err := engine(meta).ContainerInspect(ctx, d.Id())
		if err != nil {
			return diag.FromErr(err)
		}
		if c.HostConfig.NanoCPUs != 0 || d.Get("cpus").(string) != "" {
			set(d, "cpus", formatCPUs(c.HostConfig.NanoCPUs))
		}
		// A container that should run but does not: the Terraform provider deletes it here, during a refresh, together
		// with the logs that show why it stopped. Reporting it as missing would make the next create fail, because its
		// name is still in use. It is therefore reported as drift: mustRun becomes false, and the next update starts it
		// again. Nothing else is read, because a stopped container has no ports or addresses to compare.
		if !c.State.Running && d.Get("must_run").(bool) {
			set(d, "must_run", false)
			set(d, "exit_code", c.State.ExitCode)
			return nil
		}
		return read(ctx, d, meta)
	}
	r.UpdateContext = func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		// The engine has set the swap limit to twice the memory, which would now limit the new memory.
		if memory := int64(d.Get("memory").(int)) * 1024 * 1024; d.HasChange("memory") && d.Get("memory_swap").(int) == 0 {
			if err := limit(ctx, d, meta, container.Resources{Memory: memory, MemorySwap: 2 * memory}); err != nil {
				return diag.Errorf("Unable to limit the container's memory: %s", err)
			}
		}
		diags := update(ctx, d, meta)
		if diags.HasError() {
			return diags
		}
		if d.HasChange("cpus") {
			diags = append(diags, limitCPUs(ctx, d, meta)...)
		}
		if d.HasChange("must_run") && d.Get("must_run").(bool) && d.Get("start").(bool) {
			if err := engine(meta).ContainerStart(ctx, d.Id(), types.ContainerStartOptions{}); err != nil {
				return append(diags, diag.FromErr(err)...)
			}
		}
		return diags
	}
	// The engine cannot change these on a running container, but the Terraform provider declares them as updatable
	// and then does nothing. The engine cannot remove a CPU or memory limit either: it reads 0 as "unchanged".
	r.CustomizeDiff = func(_ context.Context, d *schema.ResourceDiff, _ any) error {
		if d.Id() == "" {
			return nil
		}
		for _, key := range []string{"init", "tmpfs", "healthcheck"} {
			if d.HasChange(key) && d.NewValueKnown(key) {
				if err := d.ForceNew(key); err != nil {
					return err
				}
			}
		}
		for key, none := range map[string]any{"cpus": "", "memory": 0} {
			if d.HasChange(key) && d.NewValueKnown(key) && d.Get(key) == none {
				if err := d.ForceNew(key); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// taskRemovalTimeout is how long a deleted service may take to stop its tasks beyond their grace period.
const taskRemovalTimeout = 30 * time.Second

// awaitTasksGone waits until swarm has removed the tasks of a deleted service. The deletion returns immediately, and
// networks, volumes and nodes that are deleted next would still be in use.
func awaitTasksGone(ctx context.Context, c *client.Client, serviceID string, timeout time.Duration) diag.Diagnostics {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		tasks, err := c.TaskList(ctx, types.TaskListOptions{}) // a filter would have to name a service that exists
		if err == nil && !slices.ContainsFunc(tasks, func(t swarm.Task) bool { return t.ServiceID == serviceID }) {
			return nil
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done(): // tasks on a node that is down never end; the service itself is deleted
			return diag.Diagnostics{{Severity: diag.Warning, Summary: "Tasks of the deleted service " + serviceID + " have not ended yet"}}
		}
	}
}

// fixService reports the cause if a service did not converge. The Terraform provider removes such a service, and if
// its tasks outlive their grace period, as they usually do, it only reports that.
func fixService(r *schema.Resource) {
	create, remove := r.CreateContext, r.DeleteContext
	r.DeleteContext = func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		id, timeout := d.Id(), taskRemovalTimeout
		if grace, ok := d.Get("task_spec.0.container_spec.0.stop_grace_period").(string); ok {
			if period, err := time.ParseDuration(grace); err == nil {
				timeout += period
			}
		}
		diags := remove(ctx, d, meta)
		if _, _, err := engine(meta).ServiceInspectWithRaw(ctx, id, types.ServiceInspectOptions{}); !client.IsErrNotFound(err) {
			return diags
		}
		// If anything failed, it was upstream's own wait, which times out after the grace period.
		return awaitTasksGone(ctx, engine(meta), id, timeout)
	}
	r.CreateContext = func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
		diags := create(ctx, d, meta)
		if diags.HasError() && strings.Contains(diags[0].Summary, "error on wait for container") {
			diags[0].Summary = fmt.Sprintf("Service %s did not converge in time and was removed (%s)", d.Get("name"), diags[0].Summary)
		}
		return diags
	}
}

// limitCPUs sets the limit after the container has started, because 2.23 has no such input on create.
func limitCPUs(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
	cpus := d.Get("cpus").(string)
	if cpus == "" {
		return nil
	}
	nano, err := nanoCPUs(cpus)
	if err != nil {
		return diag.FromErr(err)
	}
	if err := limit(ctx, d, meta, container.Resources{NanoCPUs: nano}); err != nil {
		return diag.Errorf("Unable to limit the container to %s CPUs: %s", cpus, err)
	}
	return nil
}

// limit changes the given limits of a container; the engine reads 0 as unchanged.
func limit(ctx context.Context, d *schema.ResourceData, meta any, resources container.Resources) error {
	_, err := engine(meta).ContainerUpdate(ctx, d.Id(), container.UpdateConfig{
		Resources: resources,
		RestartPolicy: container.RestartPolicy{ // always replaced as a whole
			Name:              d.Get("restart").(string),
			MaximumRetryCount: d.Get("max_retry_count").(int),
		},
	})
	return err
}

// keepEquivalents runs f after every create, read and update. f restores the values of the program if the engine
// reports equivalent ones; otherwise every preview would show a change.
func keepEquivalents(r *schema.Resource, f func(context.Context, *client.Client, *schema.ResourceData, values)) {
	wrap := func(next crud) crud {
		if next == nil {
			return nil
		}
		return func(ctx context.Context, d *schema.ResourceData, meta any) diag.Diagnostics {
			before := values{}
			for name, attribute := range r.Schema {
				if attribute.Optional || attribute.Required {
					before[name] = d.Get(name)
				}
			}
			diags := next(ctx, d, meta)
			if d.Id() != "" {
				f(ctx, engine(meta), d, before)
			}
			return diags
		}
	}
	r.CreateContext, r.ReadContext, r.UpdateContext = wrap(r.CreateContext), wrap(r.ReadContext), wrap(r.UpdateContext)
}

// values are the attributes of a resource as set by the program or by the last read.
type values map[string]any

func containerEquivalents(ctx context.Context, c *client.Client, d *schema.ResourceData, before values) {
	// Unset, these are read back as the engine's defaults: swap of the size of memory, the log options of
	// daemon.json, network "default" or, from Docker 26, "bridge".
	if before["memory_swap"].(int) == 0 {
		set(d, "memory_swap", 0)
	}
	if len(before["log_opts"].(map[string]any)) == 0 {
		set(d, "log_opts", map[string]any{})
	}
	if before["network_mode"].(string) == "" {
		set(d, "network_mode", "")
	}
	// The image is read back as an id; keep the name as long as it still names that image.
	if name := before["image"].(string); name != "" && name != d.Get("image") {
		if image, _, err := c.ImageInspectWithRaw(ctx, name); err == nil && image.ID == d.Get("image") {
			set(d, "image", name)
		}
	}
	if old := before["capabilities"].(*schema.Set); sameCapabilities(old, d.Get("capabilities").(*schema.Set)) {
		set(d, "capabilities", old)
	}
	// Read as a list sorted by port, and with one entry for each address family of an unspecified one.
	if old := before["ports"].([]any); samePorts(old, d.Get("ports").([]any)) {
		set(d, "ports", old)
	}
	keepDurations(d, "healthcheck", before)
}

func networkEquivalents(_ context.Context, _ *client.Client, d *schema.ResourceData, before values) {
	// Swarm adds its own options (the VXLAN ids) and gateways; those that the program did not set are not a change.
	if old := before["options"].(map[string]any); len(old) > 0 {
		now := d.Get("options").(map[string]any)
		maps.DeleteFunc(now, func(key string, _ any) bool { _, asked := old[key]; return !asked })
		set(d, "options", now)
	}
	configs := d.Get("ipam_config").(*schema.Set).List()
	for _, raw := range before["ipam_config"].(*schema.Set).List() {
		old := raw.(map[string]any)
		for _, now := range configs {
			if now := now.(map[string]any); now["subnet"] == old["subnet"] && old["gateway"] == "" {
				now["gateway"] = ""
			}
		}
	}
	set(d, "ipam_config", configs)
}

func serviceEquivalents(ctx context.Context, c *client.Client, d *schema.ResourceData, before values) {
	for _, key := range []string{"task_spec", "update_config", "rollback_config"} {
		keepDurations(d, key, before)
	}
	old, _ := at(before["task_spec"], 0)
	spec := d.Get("task_spec")
	now, ok := at(spec, 0)
	if !ok || old == nil {
		return
	}
	// The engine pins an image to its digest when it creates a service.
	oldContainer, _ := at(old["container_spec"], 0)
	nowContainer, ok := at(now["container_spec"], 0)
	if ok && oldContainer != nil {
		if image := oldContainer["image"].(string); strings.HasPrefix(nowContainer["image"].(string), image+"@sha256:") {
			nowContainer["image"] = image
		}
	}
	// Networks are read back as ids, even those given by name.
	if networks, ok := now["networks"].(*schema.Set); ok {
		if oldNetworks, ok := old["networks"].(*schema.Set); ok {
			for _, id := range networks.Difference(oldNetworks).List() {
				n, err := c.NetworkInspect(ctx, id.(string), types.NetworkInspectOptions{})
				if err == nil && oldNetworks.Contains(n.Name) {
					networks.Remove(id)
					networks.Add(n.Name)
				}
			}
		}
	}
	set(d, "task_spec", spec)
}

// set is d.Set for values that came from the schema itself, so that an error is a bug.
func set(d *schema.ResourceData, key string, value any) {
	if err := d.Set(key, value); err != nil {
		panic(fmt.Sprintf("cannot set %s: %s", key, err))
	}
}

func at(list any, i int) (map[string]any, bool) {
	l, ok := list.([]any)
	if !ok || i >= len(l) {
		return nil, false
	}
	m, ok := l[i].(map[string]any)
	return m, ok
}

func keepDurations(d *schema.ResourceData, key string, before values) {
	set(d, key, withDurations(before[key], d.Get(key)))
}

// withDurations returns now, with every unchanged duration in its previous notation ("60s", not "1m0s").
func withDurations(before, now any) any {
	switch now := now.(type) {
	case string:
		if old, ok := before.(string); ok {
			a, errA := time.ParseDuration(old)
			b, errB := time.ParseDuration(now)
			if errA == nil && errB == nil && a == b {
				return old
			}
		}
	case []any:
		if old, ok := before.([]any); ok && len(old) == len(now) {
			for i := range now {
				now[i] = withDurations(old[i], now[i])
			}
		}
	case map[string]any:
		if old, ok := before.(map[string]any); ok {
			for key := range now {
				now[key] = withDurations(old[key], now[key])
			}
		}
	}
	return now
}

// sameCapabilities compares like the engine, for which net_admin equals CAP_NET_ADMIN.
func sameCapabilities(a, b *schema.Set) bool {
	normal := func(s *schema.Set) (names []string) {
		for _, raw := range s.List() {
			for _, key := range []string{"add", "drop"} {
				for _, name := range raw.(map[string]any)[key].(*schema.Set).List() {
					names = append(names, key+" "+strings.TrimPrefix(strings.ToUpper(name.(string)), "CAP_"))
				}
			}
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	return slices.Equal(normal(a), normal(b))
}

// samePorts reports whether two lists publish the same ports, in any order. A port without an external number
// matches any number, and an unspecified address matches that of either family.
func samePorts(old, now []any) bool {
	type port struct {
		internal int
		protocol string
		ip       string
	}
	index := func(list []any) map[port]int {
		ports := map[port]int{}
		for _, raw := range list {
			p := raw.(map[string]any)
			ip := p["ip"].(string)
			if ip == "" || ip == "::" {
				ip = "0.0.0.0"
			}
			ports[port{p["internal"].(int), p["protocol"].(string), ip}] = p["external"].(int)
		}
		return ports
	}
	return maps.Equal(index(old), index(now))
}

// nanoCPUs parses a number of CPUs into the engine's unit.
func nanoCPUs(cpus string) (int64, error) {
	if cpus == "" {
		return 0, nil
	}
	n, ok := new(big.Rat).SetString(cpus)
	if !ok || n.Sign() < 0 {
		return 0, fmt.Errorf("%q is not a number of CPUs", cpus)
	}
	n.Mul(n, big.NewRat(1e9, 1))
	if !n.IsInt() || !n.Num().IsInt64() {
		return 0, fmt.Errorf("%q is finer than a billionth of a CPU, or too large", cpus)
	}
	return n.Num().Int64(), nil
}

func formatCPUs(nano int64) string {
	return strconv.FormatFloat(float64(nano)/1e9, 'f', -1, 64)
}

// mapServiceNetworks converts the newer taskSpec.networksAdvanceds: [{name}] to 2.23's networks: [name]. Unknown
// values and secrets are passed on unchanged.
func mapServiceNetworks(inputs resource.PropertyMap) resource.PropertyMap {
	spec := inputs["taskSpec"]
	if !spec.IsObject() {
		return inputs
	}
	advanced, ok := spec.ObjectValue()["networksAdvanceds"]
	if !ok {
		return inputs
	}
	networks := advanced // unless it is a list, it is null or unknown as a whole
	if advanced.IsArray() {
		names := []resource.PropertyValue{}
		for _, network := range advanced.ArrayValue() {
			if network.IsObject() {
				object := network.ObjectValue()
				if network = object["name"]; network.IsNull() {
					network = object["id"]
				}
			}
			names = append(names, network)
		}
		networks = resource.NewArrayProperty(names)
	}
	inputs, task := inputs.Copy(), spec.ObjectValue().Copy()
	delete(task, "networksAdvanceds")
	task["networks"] = networks
	inputs["taskSpec"] = resource.NewObjectProperty(task)
	return inputs
}
