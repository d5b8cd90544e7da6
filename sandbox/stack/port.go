package stack

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// PortInUseError reports a port that another program listens on.
type PortInUseError struct {
	Port int
}

func (e *PortInUseError) Error() string {
	return fmt.Sprintf("port %d of 127.0.0.1 is in use by another program", e.Port)
}

// listen opens a port of 127.0.0.1; 0 stands for any free one. It returns a *PortInUseError when the port is taken.
func listen(port int) (*net.TCPListener, error) {
	listener, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &PortInUseError{Port: port}
	}
	if err != nil {
		return nil, fmt.Errorf("listen on port %d: %w", port, err)
	}
	return listener.(*net.TCPListener), nil
}

// freePorts returns n different ports that were free a moment ago: all stay open until the last is found. Somebody
// else can still take one before it is used.
func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		listener, err := listen(0)
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

// choosePort returns want if it is free, any free port if want is 0, and a *PortInUseError otherwise.
func choosePort(want int) (int, error) {
	listener, err := listen(want)
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
