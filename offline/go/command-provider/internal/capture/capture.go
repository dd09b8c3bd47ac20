// Package capture collects what a command prints: each stream for the outputs, both in order
// for the error message, and line by line for the live log.
package capture

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Output collects the output of one run. Its writers may be used by several goroutines.
type Output struct {
	mu             sync.Mutex
	stdout, stderr stream
	both           bytes.Buffer
	log            func(line string)
}

// stream is one of the two streams. pending is the start of a line that has not ended yet.
type stream struct {
	out     *Output
	text    bytes.Buffer
	pending bytes.Buffer
	logged  bool
}

// New returns an Output that sends each whole line of the chosen streams to log.
func New(mode Mode, log func(line string)) *Output {
	out := &Output{log: log}
	out.stdout = stream{out: out, logged: mode.Stdout()}
	out.stderr = stream{out: out, logged: mode.Stderr()}
	return out
}

// Stdout is the writer for the command's standard output.
func (o *Output) Stdout() io.Writer { return &o.stdout }

// Stderr is the writer for the command's standard error.
func (o *Output) Stderr() io.Writer { return &o.stderr }

// Write records p, and logs every line that p completes.
//
// Lines have no length limit. The official provider reads its log pipe with a bufio.Scanner,
// which stops at the first line over 64 KiB and blocks the command forever. This defect is
// not reproduced.
func (s *stream) Write(p []byte) (int, error) {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	s.text.Write(p)
	s.out.both.Write(p)
	if !s.logged {
		return len(p), nil
	}
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte{'\n'})
		s.pending.Write(line)
		if ended {
			s.flush()
		}
		rest = after
	}
	return len(p), nil
}

// flush logs the pending line and starts the next one.
func (s *stream) flush() {
	s.out.log(strings.TrimSuffix(s.pending.String(), "\r"))
	s.pending.Reset()
}

// Finish logs incomplete last lines, and returns both streams without their last newline. If the
// command failed, the error contains its status, the command and its output, and the streams
// are empty.
func (o *Output) Finish(command string, err error) (stdout, stderr string, _ error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range []*stream{&o.stdout, &o.stderr} {
		if s.pending.Len() > 0 {
			s.flush()
		}
	}
	if err != nil {
		return "", "", fmt.Errorf("%w: running %q:\n%s", err, command, o.both.String())
	}
	return strings.TrimSuffix(o.stdout.text.String(), "\n"), strings.TrimSuffix(o.stderr.text.String(), "\n"), nil
}
