//go:build unix

package ledger

import (
	"errors"
	"os"
	"syscall"
)

// lock keeps another sandbox from writing to the same journal. Closing the file releases it.
func lock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errors.New("another sandbox is using it")
	}
	return err
}
