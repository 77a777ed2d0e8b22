package payment

import (
	"fmt"
	"slices"
)

// Status is where a payment is on its way.
type Status string

const (
	// Prepared payments wait for authorizations.
	Prepared Status = "prepared"
	// Authorized payments have enough authorizations.
	Authorized Status = "authorized"
	// Pending payments may have reached their custodian.
	Pending Status = "pending"
	// Paid is final: the money moved.
	Paid Status = "paid"
	// Failed is final: the money did not move and never will.
	Failed Status = "failed"
)

// neededAuthorizations is how many different operators have to authorize a payment.
const neededAuthorizations = 2

var transitions = map[Status][]Status{
	Prepared:   {Authorized, Failed},
	Authorized: {Pending, Failed},
	Pending:    {Paid, Failed},
	Paid:       {},
	Failed:     {},
}

// Final tells whether a payment of this status can change no more.
func (s Status) Final() bool { return s == Paid || s == Failed }

// Authorization is one operator's agreement to a payment.
type Authorization struct {
	KeyID      string `json:"keyId"`
	DocumentID string `json:"documentId"`
}

// State is everything known about a payment at one time; its JSON is what the ledger keeps, signed.
type State struct {
	Details
	Status         Status          `json:"status"`
	Authorizations []Authorization `json:"authorizations"`
}

// New returns the first state of a payment.
func New(details Details) State {
	return State{Details: details, Status: Prepared, Authorizations: []Authorization{}}
}

// Authorize returns the state with one more authorization, and whether that changed anything: an operator counts once, and a final
// payment takes no more.
func (s State) Authorize(keyID, documentID string) (State, bool) {
	known := func(a Authorization) bool { return a.KeyID == keyID }
	if s.Status != Prepared || slices.ContainsFunc(s.Authorizations, known) {
		return s, false
	}
	s.Authorizations = append(slices.Clone(s.Authorizations), Authorization{KeyID: keyID, DocumentID: documentID})
	return s, true
}

// Ready tells whether the payment may be driven on: enough authorizations, and not final.
func (s State) Ready() bool {
	return !s.Status.Final() && len(s.Authorizations) >= neededAuthorizations
}

// Advance returns the state with the next status.
func (s State) Advance(next Status) (State, error) {
	if !slices.Contains(transitions[s.Status], next) {
		return s, fmt.Errorf("a payment cannot go from %s to %s", s.Status, next)
	}
	s.Status = next
	return s, nil
}
