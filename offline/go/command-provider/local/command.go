package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"swarmbench/command-provider/internal/lifecycle"
)

// Command is the resource command:local:Command.
//
// It does not wire dependencies between inputs and outputs: by infer's default all results
// are unknown in a preview where any input changes, and an output is secret only where the
// input of the same name is. The official provider relies on the same defaults.
type Command struct{}

var (
	_ infer.CustomResource[CommandInputs, CommandOutputs] = (*Command)(nil)
	_ infer.CustomUpdate[CommandInputs, CommandOutputs]   = (*Command)(nil)
	_ infer.CustomDelete[CommandOutputs]                  = (*Command)(nil)
)

// Annotate describes the resource in the schema.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command that runs on the local machine at the steps of the resource's life. "+
		"An exit status other than zero fails the step.")
}

// CommandInputs are the inputs of Command.
type CommandInputs struct {
	lifecycle.Commands
	BaseInputs
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
	err = execute(ctx, *req.Inputs.Create, req.Inputs.BaseInputs, &resp.Output.BaseOutputs)
	return resp, err
}

// Update runs `update`, otherwise `create`. The results of the previous run are kept until that
// succeeds, and if neither is set.
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
	err := execute(ctx, *command, req.Inputs.BaseInputs, &resp.Output.BaseOutputs)
	return resp, err
}

// Delete runs `delete`, if set, with the inputs as they are in the state.
func (*Command) Delete(
	ctx context.Context, req infer.DeleteRequest[CommandOutputs],
) (infer.DeleteResponse, error) {
	if req.State.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	return infer.DeleteResponse{}, execute(ctx, *req.State.Delete, req.State.BaseInputs, &req.State.BaseOutputs)
}
