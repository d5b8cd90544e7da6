//go:build !unix

package ledger

import "os"

// lock does nothing where there are no advisory locks on files.
func lock(*os.File) error { return nil }
