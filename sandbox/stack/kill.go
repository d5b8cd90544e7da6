package stack

import "syscall"

// Kill ends every process of the Worker at once, as a power cut would. The sandbox lives on; call Stop all the same.
func (s *Stack) Kill() {
	s.worker.signal(syscall.SIGKILL)
	<-s.worker.done
}
