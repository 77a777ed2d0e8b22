package service

import (
	"context"
	"fmt"

	"example.com/nitro-stacks/payments/internal/custodian"
	"example.com/nitro-stacks/payments/internal/ledger"
	"example.com/nitro-stacks/payments/internal/payment"
)

// drive takes an authorized payment step by step to its end. Each state is in the ledger before the next step begins, so that a payment
// that was cut off anywhere goes on from there; a step that runs twice, or in two places, has the same idempotency key at the custodian
// and one document version in the ledger. An error means that the payment is not at its end and the request should be sent again.
func (a *api) drive(ctx context.Context, documentID string, current ledger.Current) (ledger.Current, error) {
	for current.Ready() {
		next, err := step(ctx, current.State)
		if err != nil {
			return current, fmt.Errorf("payment %s stays %s: %w", documentID, current.Status, err)
		}
		from := current.Version
		advanced, err := a.payments.Amend(ctx, documentID, func(latest ledger.Current) (payment.State, bool, error) {
			// Another request drove it on meanwhile: what it wrote counts.
			return next, latest.Version == from, nil
		})
		if err != nil {
			return current, err
		}
		current = advanced
		a.log.Debug("payment", "documentId", documentID, "status", current.Status, "version", current.Version)
	}
	return current, nil
}

// step does what leads to the next state and returns that state.
func step(ctx context.Context, state payment.State) (payment.State, error) {
	holder, err := custodian.Find(state.Custodian)
	if err != nil {
		return state, err
	}
	key := state.IdempotencyKey()
	next := state.Status
	switch state.Status {
	case payment.Prepared:
		next, err = payment.Authorized, holder.Authorize(ctx, key, state.Details)
	case payment.Authorized:
		next = payment.Pending
	case payment.Pending:
		next, err = payment.Paid, holder.Pay(ctx, key, state.Details)
	}
	if err != nil {
		return state, err
	}
	return state.Advance(next)
}
