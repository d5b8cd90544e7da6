package stack

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// PortInUseError reports a port that another program listens on.
type PortInUseError struct {
	Port int
}

func (e *PortInUseError) Error() string {
	return fmt.Sprintf("port %d of 127.0.0.1 is in use by another program", e.Port)
}

// listen opens a port of 127.0.0.1; 0 is any free one. The error is a [*PortInUseError] if the port
// is in use.
func listen(port int) (*net.TCPListener, error) {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	listener, err := net.Listen("tcp4", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &PortInUseError{Port: port}
	}
	if err != nil {
		return nil, fmt.Errorf("listen on port %d: %w", port, err)
	}
	return listener.(*net.TCPListener), nil
}

// checkPort returns a [*PortInUseError] if the port is in use.
func checkPort(port int) error {
	listener, err := listen(port)
	if err != nil {
		return err
	}
	return listener.Close()
}

// Ports for programs that must be told one are in this range. It is below the ephemeral ports of
// the kernel (from 32768 on Linux, 49152 on macOS), which could be taken again before the program
// listens.
const firstPort, lastPort = 16384, 32767

var reserved struct {
	sync.Mutex
	ports map[int]bool
}

// reservePort returns a free port, and never the same one twice in this process.
func reservePort() (int, error) {
	reserved.Lock()
	defer reserved.Unlock()
	if reserved.ports == nil {
		reserved.ports = map[int]bool{}
	}
	var err error
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if reserved.ports[port] {
			continue
		}
		if err = checkPort(port); err == nil {
			reserved.ports[port] = true
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port between %d and %d was found: %w", firstPort, lastPort, err)
}

// choosePort returns want if it is free, any free port if want is 0, and a [*PortInUseError]
// otherwise.
func choosePort(want int) (int, error) {
	if want == 0 {
		return reservePort()
	}
	return want, checkPort(want)
}
