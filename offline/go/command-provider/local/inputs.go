// Package local runs commands on the machine of the Pulumi engine. Its name is the module
// part of the tokens command:local:Command and command:local:run.
package local

import (
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"swarmbench/command-provider/internal/capture"
)

// Logging says which streams are logged while the command runs.
type Logging string

// Values makes Logging an enum of the schema.
func (Logging) Values() []infer.EnumValue[Logging] { return capture.EnumValues[Logging]() }

// BaseInputs say how a command runs; Command and Run share them.
type BaseInputs struct {
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	AssetPaths             *[]string          `pulumi:"assetPaths,optional"`
	ArchivePaths           *[]string          `pulumi:"archivePaths,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

const globDoc = " Only files count, not folders. Separators are `/`, `*` matches anything but `/`, " +
	"`**` matches `/` too, a leading `!` excludes what earlier patterns included. " +
	"Paths are relative to the working directory. The syntax is that of github.com/gobwas/glob."

// Annotate describes the fields in the schema and sets their defaults.
func (b *BaseInputs) Annotate(a infer.Annotator) {
	a.Describe(&b.Interpreter, "The program and its arguments, to which the command is added as the last one. "+
		"Defaults to `[\"/bin/sh\", \"-c\"]`, on Windows to `[\"cmd\", \"/C\"]`.")
	a.Describe(&b.Dir, "The working directory of the command. The command fails if it does not exist.")
	a.Describe(&b.Environment, "Environment variables for the command, beside those of the engine.")
	a.Describe(&b.Stdin, "Text for the command's standard input.")
	a.Describe(&b.Logging, capture.LoggingDoc)
	a.Describe(&b.AssetPaths, "Patterns of files to return as assets once the command has run."+globDoc)
	a.Describe(&b.ArchivePaths, "Patterns of files to return as one archive once the command has run."+globDoc)
	a.Describe(&b.AddPreviousOutputInEnv, "Whether the stdout and stderr of the previous create or update are in the "+
		"environment of the next command, as PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR. Defaults to true.")
	a.SetDefault(&b.AddPreviousOutputInEnv, true)
}

// BaseOutputs are the results of a run.
type BaseOutputs struct {
	Stdout  string                           `pulumi:"stdout"`
	Stderr  string                           `pulumi:"stderr"`
	Assets  *map[string]types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *resource.Archive                `pulumi:"archive,optional"`
}

// Annotate describes the fields in the schema.
func (b *BaseOutputs) Annotate(a infer.Annotator) {
	a.Describe(&b.Stdout, "The standard output of the command.")
	a.Describe(&b.Stderr, "The standard error of the command.")
	a.Describe(&b.Assets, "The files that `assetPaths` matched, by path relative to the working directory.")
	a.Describe(&b.Archive, "An archive of the files that `archivePaths` matched.")
}
