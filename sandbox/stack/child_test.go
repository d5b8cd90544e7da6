package stack

import (
	"bufio"
	"bytes"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// syncBuffer is a [bytes.Buffer] that a child and a test may use concurrently.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func portOf(t *testing.T, base string) int {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// family is a shell that starts a child, prints its pid, and ignores SIGTERM if it is stubborn.
func family(stubborn bool) *exec.Cmd {
	script := "sleep 600 & echo $!; wait"
	if stubborn {
		script = "trap '' TERM; sleep 600 & echo $!; wait; wait"
	}
	return exec.Command("sh", "-c", script)
}

func TestStopEndsTheWholeGroup(t *testing.T) {
	for _, stubborn := range []bool{false, true} {
		t.Run(fmt.Sprintf("stubborn=%t", stubborn), func(t *testing.T) {
			t.Parallel()
			cmd := family(stubborn)
			var out syncBuffer
			cmd.Stdout = &out
			c, err := startChild(cmd)
			if err != nil {
				t.Fatal(err)
			}
			grandchild := waitForPid(t, out.String)
			c.stop()
			c.stop() // may be called again
			if !gone(grandchild) {
				t.Errorf("grandchild %d lives on after stop", grandchild)
			}
		})
	}
}

// parentEnv makes this test binary act as the parent that is killed.
const parentEnv = "STACK_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentEnv) == "" {
		os.Exit(m.Run())
	}
	cmd := family(false)
	cmd.Stdout = os.Stdout
	if _, err := startChild(cmd); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("guarded")
	select {}
}

func TestGroupEndsWhenThisProgramIsKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(self)
	parent.Env = append(os.Environ(), parentEnv+"=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	// Both lines must arrive, in either order: the guard may start after the grandchild has
	// printed.
	grandchild := 0
	lines := bufio.NewReader(out)
	for range 2 {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if pid, err := strconv.Atoi(strings.TrimSpace(line)); err == nil {
			grandchild = pid
		}
	}
	if grandchild == 0 {
		t.Fatal("the grandchild did not print its process id")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	if !gone(grandchild) {
		_ = syscall.Kill(grandchild, syscall.SIGKILL)
		t.Errorf("grandchild %d outlived the program that was killed", grandchild)
	}
}

func waitForPid(t *testing.T, out func() string) int {
	t.Helper()
	for range 200 {
		if pid, err := strconv.Atoi(strings.TrimSpace(out())); err == nil {
			return pid
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("no pid in %q", out())
	return 0
}

// gone waits a while for a process to end. A zombie counts as ended.
func gone(pid int) bool {
	for range 150 {
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			return true
		}
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && bytes.Contains(stat, []byte(") Z ")) {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}
