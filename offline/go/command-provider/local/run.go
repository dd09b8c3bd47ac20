package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Run is the function command:local:run.
type Run struct{}

var _ infer.Fn[RunInputs, RunOutputs] = (*Run)(nil)

// Annotate describes the function in the schema.
func (r *Run) Annotate(a infer.Annotator) {
	a.Describe(&r, "Runs a local command at every preview and every update. "+
		"Use the resource Command for commands that belong to steps of a resource's life.")
}

// RunInputs are the arguments of Run.
type RunInputs struct {
	BaseInputs
	Command string `pulumi:"command"`
}

// Annotate describes the fields in the schema.
func (r *RunInputs) Annotate(a infer.Annotator) {
	a.Describe(&r.Command, "The command to run.")
}

// RunOutputs are the results of Run, and its arguments.
type RunOutputs struct {
	RunInputs
	BaseOutputs
}

// Invoke runs the command.
func (*Run) Invoke(
	ctx context.Context, req infer.FunctionRequest[RunInputs],
) (infer.FunctionResponse[RunOutputs], error) {
	out := RunOutputs{RunInputs: req.Input}
	err := execute(ctx, req.Input.Command, req.Input.BaseInputs, &out.BaseOutputs)
	return infer.FunctionResponse[RunOutputs]{Output: out}, err
}
