package stack

import "syscall"

// Kill kills all processes of the Worker at once, as a power failure would. The sandbox keeps
// running; call Stop afterwards.
func (s *Stack) Kill() {
	s.worker.signal(syscall.SIGKILL)
	<-s.worker.done
}
