// Package lifecycle contains what local.Command and remote.Command share: which command runs on
// create, update and delete, and how the output of one run is passed to the next.
package lifecycle

import "github.com/pulumi/pulumi-go-provider/infer"

// Names of the variables that carry the output of the previous run to the next one.
const (
	StdoutVariable = "PULUMI_COMMAND_STDOUT"
	StderrVariable = "PULUMI_COMMAND_STDERR"
)

// Commands are the inputs with the commands to run on create, update and delete.
type Commands struct {
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// Annotate describes the fields in the schema.
func (c *Commands) Annotate(a infer.Annotator) {
	a.Describe(&c.Triggers, "Values of any type; the resource is replaced when one of them changes.")
	a.Describe(&c.Create, "The command to run when the resource is created, and, where `update` is not set, "+
		"whenever another input changes.")
	a.Describe(&c.Update, "The command to run when an input changes. Where it is not set, `create` runs again. "+
		"Gets the output of the run before it in PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR.")
	a.Describe(&c.Delete, "The command to run when the resource is deleted. "+
		"Gets the output of the run before it in PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR.")
}

// OnUpdate returns the command of an update: `update`, otherwise `create`, otherwise none.
func (c *Commands) OnUpdate() *string {
	if c.Update != nil {
		return c.Update
	}
	return c.Create
}

// Previous lists the variables that pass stdout and stderr of the previous run to the next one.
// Empty streams set no variable. A nil add means true, as in the schema.
func Previous(add *bool, stdout, stderr string) []Variable {
	if add != nil && !*add {
		return nil
	}
	var variables []Variable
	if stdout != "" {
		variables = append(variables, Variable{StdoutVariable, stdout})
	}
	if stderr != "" {
		variables = append(variables, Variable{StderrVariable, stderr})
	}
	return variables
}

// Variable is one environment variable.
type Variable struct{ Name, Value string }
