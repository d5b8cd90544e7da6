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

// child is a program with everything that it starts in turn: one process group, which ends as a whole.
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

// guardScript ends the process group $1 when its standard input closes without a line: this program died without
// having ended the group itself, for instance by SIGKILL.
const guardScript = `read -r line || { kill -s TERM -- "-$1"; sleep 5; kill -s KILL -- "-$1"; }`

// startChild starts cmd in a process group of its own, out of reach of the terminal's Ctrl-C, so that it ends
// when stop says so and in no other order.
func startChild(cmd *exec.Cmd) (*child, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdin = nil
	// What the group leaves behind may hold the output open; do not wait for it.
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

// startGuard starts the process that outlives this one for long enough to end the group. (Linux could signal the
// child when its parent dies, but not the processes that the child has started, and other systems cannot.)
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

// stop ends the group: politely, then by force. It returns when nothing of it is left, and may be called again.
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
	// The guard goes last, so that there is no moment at which nobody would end the group.
	_, _ = io.WriteString(c.lifeline, "done\n")
	<-c.guardDone
}

func (c *child) signal(s syscall.Signal) {
	_ = syscall.Kill(-c.cmd.Process.Pid, s)
}

// alive reports whether the group has a process left that is more than a zombie nobody has waited for.
func (c *child) alive() bool {
	select {
	case <-c.done:
		return !errors.Is(syscall.Kill(-c.cmd.Process.Pid, 0), syscall.ESRCH)
	default:
		return true
	}
}
