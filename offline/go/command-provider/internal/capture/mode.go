package capture

import "github.com/pulumi/pulumi-go-provider/infer"

// Mode selects the streams that are logged while a command runs. It is the value of the `logging`
// input, and the underlying type of the two Logging enums of the schema.
type Mode string

// The values of the `logging` input.
const (
	OnlyStdout Mode = "stdout"
	OnlyStderr Mode = "stderr"
	BothModes  Mode = "stdoutAndStderr"
	None       Mode = "none"
)

// Stdout reports whether standard output is logged. An unset mode logs both streams.
func (m Mode) Stdout() bool { return m == OnlyStdout || m == BothModes || m == "" }

// Stderr reports whether standard error is logged. An unset mode logs both streams.
func (m Mode) Stderr() bool { return m == OnlyStderr || m == BothModes || m == "" }

// LoggingDoc describes the `logging` input of all commands.
const LoggingDoc = "Which of the command's streams to log while it runs; both by default. " +
	"The outputs stdout and stderr hold everything in any case. Where output may hold secrets, " +
	"switch logging off and name the outputs in additionalSecretOutputs."

// EnumValues lists the values for an enum type T of the schema.
func EnumValues[T ~string]() []infer.EnumValue[T] {
	return []infer.EnumValue[T]{
		{Name: "Stdout", Value: T(OnlyStdout), Description: "Capture stdout in logs but not stderr"},
		{Name: "Stderr", Value: T(OnlyStderr), Description: "Capture stderr in logs but not stdout"},
		{Name: "StdoutAndStderr", Value: T(BothModes), Description: "Capture stdout and stderr in logs"},
		{Name: "None", Value: T(None), Description: "Capture no logs"},
	}
}

// ModeOf reads an optional enum value.
func ModeOf[T ~string](value *T) Mode {
	if value == nil {
		return ""
	}
	return Mode(*value)
}
