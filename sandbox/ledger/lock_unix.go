//go:build unix

package ledger

import (
	"errors"
	"os"
	"syscall"
)

// lock keeps a second sandbox from writing to the same journal. The lock ends with the file.
func lock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errors.New("another sandbox is using it")
	}
	return err
}
