package stack

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// child is a program and everything that it starts: one process group, which ends as a whole.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the program has ended and its output is read
	err  error         // how it ended; read it after done

	guard     *exec.Cmd
	lifeline  io.WriteCloser
	guardDone chan struct{}
}

// grace is how long a group may take to end by itself before it is killed.
const grace = 5 * time.Second

// guardScript ends the process group $1 if its standard input closes without a line. Then this
// program has died without ending the group itself, for instance by SIGKILL.
const guardScript = `read -r line || { kill -s TERM -- "-$1"; sleep 5; kill -s KILL -- "-$1"; }`

// startChild starts cmd in a process group of its own, which the terminal's Ctrl-C does not reach,
// so that only stop ends it.
func startChild(cmd *exec.Cmd) (*child, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdin = nil
	// Processes that outlive the program may keep the output open; do not wait for them.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	c := &child{cmd: cmd, done: make(chan struct{}), guardDone: make(chan struct{})}
	go func() {
		c.err = cmd.Wait()
		close(c.done)
	}()
	if err := c.startGuard(); err != nil {
		c.signal(syscall.SIGKILL)
		<-c.done
		return nil, err
	}
	return c, nil
}

// startGuard starts a process that outlives this one for long enough to end the group. (Linux can
// signal a child when its parent dies, but not the child's children; other systems cannot do
// either.)
func (c *child) startGuard() error {
	c.guard = exec.Command("sh", "-c", guardScript, "sh", strconv.Itoa(c.cmd.Process.Pid))
	c.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	lifeline, err := c.guard.StdinPipe()
	if err != nil {
		return fmt.Errorf("start the guard of %s: %w", c.cmd.Path, err)
	}
	if err := c.guard.Start(); err != nil {
		return fmt.Errorf("start the guard of %s: %w", c.cmd.Path, err)
	}
	c.lifeline = lifeline
	go func() {
		_ = c.guard.Wait()
		close(c.guardDone)
	}()
	return nil
}

// stop ends the group by SIGTERM, and after the grace period by SIGKILL. It returns when no process
// is left, and may be called again.
func (c *child) stop() {
	c.signal(syscall.SIGTERM)
	deadline := time.Now().Add(grace)
	for c.alive() && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	c.signal(syscall.SIGKILL)
	<-c.done
	for end := time.Now().Add(grace); c.alive() && time.Now().Before(end); {
		time.Sleep(20 * time.Millisecond)
	}
	// The guard ends last, so that at any moment something would end the group.
	_, _ = io.WriteString(c.lifeline, "done\n")
	<-c.guardDone
}

func (c *child) signal(s syscall.Signal) {
	_ = syscall.Kill(-c.cmd.Process.Pid, s)
}

// alive reports whether the group has a process that is not just a zombie.
func (c *child) alive() bool {
	select {
	case <-c.done:
		return !errors.Is(syscall.Kill(-c.cmd.Process.Pid, 0), syscall.ESRCH)
	default:
		return true
	}
}
