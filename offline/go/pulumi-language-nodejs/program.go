package main

import (
	"encoding/json"
	"strconv"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// programArgs returns node's arguments: its own, the SDK's run script, that script's arguments, the program.
func programArgs(req *pulumirpc.RunRequest, opts options, script, engine, tracing string) []string {
	args := append(opts.nodeargs[:len(opts.nodeargs):len(opts.nodeargs)], script)
	add := func(name, value string) {
		if value != "" {
			args = append(args, "--"+name, value)
		}
	}
	add("monitor", req.GetMonitorAddress())
	add("engine", engine)
	add("organization", req.GetOrganization())
	add("project", req.GetProject())
	add("stack", req.GetStack())
	add("root-directory", req.GetInfo().GetRootDirectory())
	add("pwd", req.GetPwd())
	add("parallel", strconv.Itoa(int(req.GetParallel())))
	add("tracing", tracing)
	if req.GetDryRun() {
		args = append(args, "--dry-run")
	}
	// "." makes the SDK read the program's file from package.json.
	entry := req.GetInfo().GetEntryPoint()
	if entry == "" {
		entry = "."
	}
	args = append(args, entry)
	return append(args, req.GetArgs()...)
}

// programEnv returns the environment variables that the SDK reads.
func programEnv(req *pulumirpc.RunRequest, opts options) ([]string, error) {
	config, err := json.Marshal(orEmpty(req.GetConfig()))
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(append([]string{}, req.GetConfigSecretKeys()...))
	if err != nil {
		return nil, err
	}
	env := []string{
		"PULUMI_CONFIG=" + string(config),
		"PULUMI_CONFIG_SECRET_KEYS=" + string(secrets),
		"PULUMI_NODEJS_TYPESCRIPT=" + strconv.FormatBool(opts.typescript),
	}
	if opts.tsconfig != "" {
		env = append(env, "PULUMI_NODEJS_TSCONFIG_PATH="+opts.tsconfig)
	}
	return env, nil
}

func orEmpty(config map[string]string) map[string]string {
	if config == nil {
		return map[string]string{}
	}
	return config
}

// pluginArgs returns node's arguments for a plugin. A policy pack's script expects the engine before the pack.
func pluginArgs(req *pulumirpc.RunPluginRequest, opts options) ([]string, error) {
	directory := req.GetInfo().GetProgramDirectory()
	purpose := "run-plugin"
	if req.GetKind() == "analyzer" {
		purpose = "run-policy-pack"
	}
	script, err := sdkScript(directory, purpose)
	if err != nil {
		return nil, err
	}
	args := append(opts.nodeargs[:len(opts.nodeargs):len(opts.nodeargs)], script)
	if req.GetKind() == "analyzer" {
		return append(append(args, req.GetArgs()...), directory), nil
	}
	return append(append(args, directory), req.GetArgs()...), nil
}

func programDirectory(req *pulumirpc.RunRequest) string {
	if directory := req.GetInfo().GetProgramDirectory(); directory != "" {
		return directory
	}
	return req.GetPwd()
}
