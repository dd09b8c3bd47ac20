package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"swarmbench/command-provider/internal/capture"
	"swarmbench/command-provider/internal/lifecycle"
)

// Logging says which streams are logged while the command runs.
type Logging string

// Values makes Logging an enum of the schema.
func (Logging) Values() []infer.EnumValue[Logging] { return capture.EnumValues[Logging]() }

// Command is the resource command:remote:Command. As with local.Command, the dependencies of
// outputs on inputs are infer's defaults; stdout is therefore not secret, although the
// connection always is.
type Command struct{}

var (
	_ infer.CustomResource[CommandInputs, CommandOutputs] = (*Command)(nil)
	_ infer.CustomUpdate[CommandInputs, CommandOutputs]   = (*Command)(nil)
	_ infer.CustomDelete[CommandOutputs]                  = (*Command)(nil)
)

// Annotate describes the resource in the schema.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command that runs on a remote machine, over SSH, at the steps of the resource's life.")
}

// CommandInputs are the inputs of Command.
type CommandInputs struct {
	lifecycle.Commands
	Connection             *Connection        `pulumi:"connection" provider:"secret"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate describes the fields in the schema and sets their defaults.
func (c *CommandInputs) Annotate(a infer.Annotator) {
	a.Describe(&c.Connection, "How to connect to the machine.")
	a.Describe(&c.Environment, "Environment variables for the command. The SSH server must accept them (AcceptEnv); "+
		"where it does not, begin the command with `VAR=value`.")
	a.Describe(&c.Stdin, "Text for the command's standard input.")
	a.Describe(&c.Logging, capture.LoggingDoc)
	a.Describe(&c.AddPreviousOutputInEnv, "Whether the stdout and stderr of the previous create or update are in the "+
		"environment of the next command, as PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR. Defaults to true.")
	a.SetDefault(&c.AddPreviousOutputInEnv, true)
}

// BaseOutputs are the results of a run.
type BaseOutputs struct {
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Annotate describes the fields in the schema.
func (b *BaseOutputs) Annotate(a infer.Annotator) {
	a.Describe(&b.Stdout, "The standard output of the command.")
	a.Describe(&b.Stderr, "The standard error of the command.")
}

// CommandOutputs are the state of Command: its inputs, which a later delete needs, and the
// results of the last run.
type CommandOutputs struct {
	CommandInputs
	BaseOutputs
}

// Create runs `create`, if set.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	resp := infer.CreateResponse[CommandOutputs]{Output: CommandOutputs{CommandInputs: req.Inputs}}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err != nil {
		return resp, err
	}
	resp.ID = id
	if req.DryRun || req.Inputs.Create == nil {
		return resp, nil
	}
	err = resp.Output.run(ctx, *req.Inputs.Create)
	return resp, err
}

// Update runs `update`, otherwise `create`. If neither is set, the results of the previous run are kept.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandOutputs],
) (infer.UpdateResponse[CommandOutputs], error) {
	resp := infer.UpdateResponse[CommandOutputs]{
		Output: CommandOutputs{CommandInputs: req.Inputs, BaseOutputs: req.State.BaseOutputs},
	}
	command := req.Inputs.OnUpdate()
	if req.DryRun || command == nil {
		return resp, nil
	}
	err := resp.Output.run(ctx, *command)
	return resp, err
}

// Delete runs `delete`, if set, with the inputs as they are in the state.
func (*Command) Delete(
	ctx context.Context, req infer.DeleteRequest[CommandOutputs],
) (infer.DeleteResponse, error) {
	if req.State.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	return infer.DeleteResponse{}, req.State.run(ctx, *req.State.Delete)
}
