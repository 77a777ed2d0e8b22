// Package nitrotest gives Go tests a stack of nitro-stacks: its outputs, payouts, disturbances that the test's end undoes, and waits that
// fail early with the last log lines of a part that has ended.
//
// Open starts `nitro fixtures` and talks to it, so everything is done by the same code that TypeScript tests use. The stack has to be up
// (./nitro up). When the test's process ends, however it does, everything is undone.
//
//	var stack *nitrotest.Stack
//
//	func TestMain(m *testing.M) { os.Exit(nitrotest.Run(m, "alice", &stack)) }
//
//	func TestPays(t *testing.T) {
//		payout := stack.Scope(t).Payout(nitrotest.PayoutRequest{Count: 3})
//		payout.Paid(30 * time.Second)
//	}
package nitrotest
