package workerd

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks is the number of clock ticks in a second of /proc. Linux reports the same on every
// architecture.
const ticks = 100

// CPUTime returns the user and system time that all threads of the process have used so far, with a
// resolution of 10 ms.
func (p *Process) CPUTime() (time.Duration, error) {
	path := fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid)
	stat, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("processor time needs Linux's /proc: %w", err)
	}
	// The second field is the program's name in parentheses, which may contain blanks. utime and
	// stime are the fields 14 and 15.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("%s is not what it should be", path)
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("%s is not what it should be", path)
	}
	return time.Duration(user+system) * time.Second / ticks, nil
}

// Used returns the user and system time of a stopped process, to the microsecond.
func (p *Process) Used() time.Duration {
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

// Resident returns the memory of the whole process in bytes: V8's memory, but also that of the
// store, compiled code and free memory that the allocator keeps.
func (p *Process) Resident() (float64, error) {
	path := fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid)
	status, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("the memory of a process needs Linux's /proc: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if kB, found := strings.CutPrefix(line, "VmRSS:"); found {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(kB), " kB"))
			return float64(n) * 1024, err
		}
	}
	return 0, fmt.Errorf("%s does not say VmRSS", path)
}
