package custodian

import (
	"context"

	"github.com/google/uuid"

	"example.com/nitro-stacks/payments/internal/payment"
)

type step int

const (
	_ step = iota
	check
	authorize
	pay
)

// dryRun moves no money. It refuses every payment at one step, or none.
type dryRun struct{ failsAt step }

func (d dryRun) Check(context.Context, payment.Details) error {
	return d.refuse(check, "dry run: preparation fails")
}

func (d dryRun) Authorize(context.Context, uuid.UUID, payment.Details) error {
	return d.refuse(authorize, "dry run: authorization fails")
}

func (d dryRun) Pay(context.Context, uuid.UUID, payment.Details) error {
	return d.refuse(pay, "dry run: payment fails")
}

func (d dryRun) refuse(at step, reason string) error {
	if d.failsAt == at {
		return &RefusedError{Reason: reason}
	}
	return nil
}
