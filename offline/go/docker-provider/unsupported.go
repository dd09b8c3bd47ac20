package main

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// unsupported lists, by resource, the inputs that @pulumi/docker 5.2.0 declares but Terraform provider 2.23 does not
// support. They are rejected, because ignoring an input would silently create something else.
// A test compares this list, and the schema served, with testdata/sdk-inputs.json.
var unsupported = map[string][]string{
	"Provider": {"context", "registryAuth.authDisabled"},
	"Container": {
		"cgroupParent", "cgroupnsMode", "cpuPeriod", "cpuQuota", "deviceCgroupRules", "deviceReadBps", "deviceReadIops",
		"deviceRequests", "deviceWriteBps", "deviceWriteIops", "healthcheck.startInterval", "memoryReservation",
		"mounts.volumeOptions.subpath", "networksAdvanced.driverOpts", "networksAdvanced.gwPriority",
		"networksAdvanced.linkLocalIps", "networksAdvanced.macAddress", "platform", "uploads.group", "uploads.owner",
		"uploads.permissions", "volumes.selinuxRelabel",
	},
	"Network": {"ipamOptions"},
	"Volume":  {"cluster"},
	"Service": {
		"taskSpec.containerSpec.capAdds", "taskSpec.containerSpec.capDrops", "taskSpec.containerSpec.init",
		"taskSpec.containerSpec.sysctl", "taskSpec.networksAdvanceds.aliases", "taskSpec.networksAdvanceds.driverOpts",
		"taskSpec.containerSpec.mounts.tmpfsOptions", // in the schema of 2.23, whose code panics on it
	},
	"ServiceConfig": {"dataRaw", "labels"},
	"Tag":           {"tagTriggers"},
	"RemoteImage": {
		"build.additionalContexts", "build.authConfigs", "build.buildId", "build.buildLogFile", "build.builder",
		"build.cacheFroms", "build.cacheTos", "build.cgroupParent", "build.cpuPeriod", "build.cpuQuota",
		"build.cpuSetCpus", "build.cpuSetMems", "build.cpuShares", "build.extraHosts", "build.isolation",
		"build.labels", "build.memory", "build.memorySwap", "build.networkMode", "build.platform", "build.provenance",
		"build.pullParent", "build.remoteContext", "build.sbom", "build.secrets", "build.securityOpts",
		"build.sessionId", "build.shmSize", "build.squash", "build.suppressOutput", "build.ulimits",
		"build.useLegacyBuilder", "build.version", "platform",
	},
	"RegistryImage": {
		"authConfig", "build.additionalContexts", "build.buildLogFile", "build.builder", "build.cacheTos",
		"build.label", "build.provenance", "build.sbom", "build.secrets", "build.tags", "build.useLegacyBuilder",
		"triggers",
	},
}

// rejectUnsupported returns an error that names the first input that cannot be honoured.
func rejectUnsupported(resourceName string, inputs resource.PropertyMap) error {
	for _, path := range unsupported[resourceName] {
		if has(resource.NewObjectProperty(inputs), strings.Split(path, ".")) {
			return fmt.Errorf("docker.%s: the input %q is not supported by this build of the provider, which serves "+
				"version 2.23 of the Terraform Docker provider; remove it or install the official plugin", resourceName, path)
		}
	}
	return nil
}

// has reports whether v has a value at the path, searching every element of lists on the path.
func has(v resource.PropertyValue, path []string) bool {
	switch {
	case v.IsSecret():
		return has(v.SecretValue().Element, path)
	case v.IsOutput():
		return has(v.OutputValue().Element, path)
	case len(path) == 0:
		return !v.IsNull()
	case v.IsArray():
		for _, element := range v.ArrayValue() {
			if has(element, path) {
				return true
			}
		}
		return false
	case v.IsObject():
		child, ok := v.ObjectValue()[resource.PropertyKey(path[0])]
		return ok && has(child, path[1:])
	default:
		return false
	}
}

// rejectProviderConfig does for the provider's own configuration what rejectUnsupported does for resources.
func rejectProviderConfig(config resource.PropertyMap, _ shim.ResourceConfig) error {
	return rejectUnsupported("Provider", config)
}
