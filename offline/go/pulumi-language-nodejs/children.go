package main

import (
	"context"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// Time limit for a child to exit by itself before it is killed.
const grace = 2 * time.Second

// children are the processes that the host has started, each the leader of a group of its own.
type children struct{ running sync.WaitGroup }

// run starts a command and waits until it exits. When the context is done, the command's whole group is stopped.
func (c *children) run(ctx context.Context, cmd *exec.Cmd) error {
	c.running.Add(1)
	defer c.running.Done()
	if err := ctx.Err(); err != nil {
		return err
	}
	// The kernel kills the child when the thread that started it ends, so the thread is locked.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	leadGroup(cmd)
	cmd.WaitDelay = grace
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	killed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(killed)
		endGroup(cmd.Process.Pid)
		select {
		case <-ended:
		case <-time.After(grace):
		}
		killGroup(cmd.Process.Pid) // Also processes that the leader has left behind.
	})
	err := cmd.Wait()
	close(ended)
	if !stop() {
		<-killed
	}
	return err
}

// wait waits until no child runs, or for the given time.
func (c *children) wait(limit time.Duration) {
	done := make(chan struct{})
	go func() {
		c.running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(limit):
	}
}

// locked serialises several writers.
type locked struct{ mutex sync.Mutex }

func (l *locked) writer(to io.Writer) io.Writer { return lockedWriter{l, to} }

type lockedWriter struct {
	lock *locked
	to   io.Writer
}

func (w lockedWriter) Write(text []byte) (int, error) {
	w.lock.mutex.Lock()
	defer w.lock.mutex.Unlock()
	return w.to.Write(text)
}
