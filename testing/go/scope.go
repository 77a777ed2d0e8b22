package nitrotest

import (
	"encoding/json"
	"testing"
	"time"
)

// A Scope is what one test has of a stack for itself: names that nobody else has, and what it does to the stack. Everything is undone when the
// test ends; the test fails where that cannot be done. A method that fails ends the test.
type Scope struct {
	// ID is nobody else's: what the scope names begins with it.
	ID    string
	stack *Stack
	t     testing.TB
}

// Scope gives a test names of its own.
func (s *Stack) Scope(t testing.TB) *Scope {
	t.Helper()
	scope := &Scope{stack: s, t: t}
	s.must(t, "scope", map[string]any{"label": t.Name()}, &scope.ID)
	t.Cleanup(func() {
		if err := s.connection.call("closeScope", scope.args(nil), nil); err != nil {
			t.Errorf("the stack is not as it was: %v", err)
		}
	})
	return scope
}

// PayoutID is a payout's name that nobody else has. Such a payout is removed at the end.
func (s *Scope) PayoutID() string {
	s.t.Helper()
	return s.text("payoutId")
}

// Key is a key of the stack's Redis that nobody else has. All that begin with "<ID>:" are removed at the end.
func (s *Scope) Key(name string) string { return s.ID + ":" + name }

// Bucket makes a bucket in the stack's S3, and gives its name.
func (s *Scope) Bucket() string {
	s.t.Helper()
	return s.text("bucket")
}

// Ledger makes a ledger beside the stack's own.
func (s *Scope) Ledger() *OwnLedger {
	s.t.Helper()
	return &OwnLedger{Name: s.text("ledger"), scope: s}
}

// An OwnLedger is a ledger of one test.
type OwnLedger struct {
	Name  string
	scope *Scope
}

// Query runs a statement on it: see Stack.Query.
func (l *OwnLedger) Query(statement string, parameters ...any) []json.RawMessage {
	l.scope.t.Helper()
	return l.scope.stack.query(l.scope.t, map[string]any{"ledger": l.Name, "statement": statement}, parameters)
}

// A PayoutRequest asks for equal payments, each to a payee of its own.
type PayoutRequest struct {
	// Count is 1 by default.
	Count int
	// Amount of each payment, a decimal; "1.5" by default.
	Amount string
	// Custodian is the stack's by default: Outputs.Payout.Custodian.
	Custodian string
	// Manual leaves the payout to people: Payout.Authorize.
	Manual bool
}

// Payout makes a payout, and does not wait for it.
func (s *Scope) Payout(request PayoutRequest) *Payout {
	s.t.Helper()
	args := map[string]any{}
	if request.Count != 0 {
		args["count"] = request.Count
	}
	if request.Amount != "" {
		args["amount"] = request.Amount
	}
	if request.Custodian != "" {
		args["custodian"] = request.Custodian
	}
	if request.Manual {
		args["authorization"] = "manual"
	}
	payout := &Payout{scope: s}
	s.must("payout", args, &payout.ID)
	return payout
}

// Pause freezes a part: it keeps its connections and answers nothing, until it is undone. Tests that disturb a stack do so one after the
// other: this waits for its turn. Tests beside it live through it.
func (s *Scope) Pause(part Part) (undo func()) {
	s.t.Helper()
	return s.undoable("pause", map[string]any{"part": part})
}

// SealService takes the service's secrets away, until it is undone. See Pause.
func (s *Scope) SealService() (undo func()) {
	s.t.Helper()
	return s.undoable("sealService", nil)
}

// IsSealed tells whether the service has no secrets now.
func (s *Scope) IsSealed() bool {
	s.t.Helper()
	var sealed bool
	s.must("isSealed", nil, &sealed)
	return sealed
}

// Restart starts a part anew in its container and waits until it answers, the service until it is unsealed as before. See Pause.
func (s *Scope) Restart(part Part) {
	s.t.Helper()
	s.must("restart", map[string]any{"part": part}, nil)
}

// Crash kills a part and starts it anew. See Restart.
func (s *Scope) Crash(part Part) {
	s.t.Helper()
	s.must("restart", map[string]any{"part": part, "graceSeconds": 0}, nil)
}

func (s *Scope) undoable(call string, args map[string]any) func() {
	s.t.Helper()
	var handle string
	s.must(call, args, &handle)
	return func() {
		s.t.Helper()
		s.stack.must(s.t, "undo", map[string]any{"undoable": handle}, nil)
	}
}

func (s *Scope) text(call string) string {
	s.t.Helper()
	var text string
	s.must(call, nil, &text)
	return text
}

func (s *Scope) must(call string, args map[string]any, result any) {
	s.t.Helper()
	s.stack.must(s.t, call, s.args(args), result)
}

func (s *Scope) args(more map[string]any) map[string]any {
	args := map[string]any{"scope": s.ID}
	for name, value := range more {
		args[name] = value
	}
	return args
}

// A Payment is one payment of a payout, as it is at the moment.
type Payment struct {
	To, Amount, Custodian string
	// DocumentID is empty before it is prepared.
	DocumentID string
	// State is waiting, prepared, authorized, pending, failed or paid.
	State string
	// Expected is the state that it should end in.
	Expected string
	// Authorizations that are on their way or arrived.
	Authorizations int
}

// A Payout is one that a test has made.
type Payout struct {
	ID    string
	scope *Scope
}

// Payments are as they are now, in the order of the requests.
func (p *Payout) Payments() []Payment {
	p.scope.t.Helper()
	return p.wait("payments", 0)
}

// Prepared waits until every payment is prepared, or further.
func (p *Payout) Prepared(timeout time.Duration) []Payment {
	p.scope.t.Helper()
	return p.wait("prepared", timeout)
}

// Ended waits until every payment is paid or failed.
func (p *Payout) Ended(timeout time.Duration) []Payment {
	p.scope.t.Helper()
	return p.wait("ended", timeout)
}

// Paid waits until every payment is paid. The test fails where one failed, with the program's reason where it does not move.
func (p *Payout) Paid(timeout time.Duration) []Payment {
	p.scope.t.Helper()
	return p.wait("paid", timeout)
}

// Authorize authorizes what is prepared, as these operators one after the other; by default as all of them.
func (p *Payout) Authorize(operators ...int) {
	p.scope.t.Helper()
	args := map[string]any{"payoutId": p.ID}
	if len(operators) > 0 {
		args["operators"] = operators
	}
	p.scope.stack.must(p.scope.t, "authorize", args, nil)
}

// Problems compares the answers with the requests: signatures, payments, sums. None is as it should be.
func (p *Payout) Problems() []string {
	p.scope.t.Helper()
	var problems []string
	p.scope.stack.must(p.scope.t, "problems", map[string]any{"payoutId": p.ID}, &problems)
	return problems
}

// Cancel removes the payout from Redis, wherever it is.
func (p *Payout) Cancel() {
	p.scope.t.Helper()
	p.scope.stack.must(p.scope.t, "cancel", map[string]any{"payoutId": p.ID}, nil)
}

func (p *Payout) wait(call string, timeout time.Duration) []Payment {
	p.scope.t.Helper()
	args := map[string]any{"payoutId": p.ID}
	if timeout > 0 {
		args["timeoutMs"] = timeout.Milliseconds()
	}
	var payments []Payment
	p.scope.stack.must(p.scope.t, call, args, &payments)
	return payments
}
