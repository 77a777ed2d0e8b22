package ledgertest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// FreePort returns a port of the loopback interface that is the test's until it ends: for a child process that is to listen on it, and
// to listen again after a restart. It is even and below the ports that systems give to outgoing connections; the odd one after it is
// held meanwhile, which keeps other tests, in this process or another, away from it.
func FreePort(t *testing.T) string {
	t.Helper()
	const lowest, highest, attempts = 12_000, 32_000, 1000
	for range attempts {
		port := lowest + 2*rand.IntN((highest-lowest)/2)
		guard, err := net.Listen("tcp", address(port+1))
		if err != nil {
			continue
		}
		probe, err := net.Listen("tcp", address(port))
		if err != nil {
			_ = guard.Close()
			continue
		}
		_ = probe.Close()
		t.Cleanup(func() { _ = guard.Close() })
		return strconv.Itoa(port)
	}
	t.Fatalf("no free port between %d and %d", lowest, highest)
	return ""
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
