package custodian

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"example.com/nitro-stacks/payments/internal/payment"
)

type step int

const (
	_ step = iota
	prepare
	authorize
	pay
)

// dryRun moves no money. It fails at one step, however often that is tried, or at none.
type dryRun struct{ failsAt step }

func (d dryRun) Prepare(context.Context, payment.Details) error {
	return d.fail(prepare, "dry run: preparation fails")
}

func (d dryRun) Authorize(context.Context, uuid.UUID, payment.Details) error {
	return d.fail(authorize, "dry run: authorization fails")
}

func (d dryRun) Pay(context.Context, uuid.UUID, payment.Details) error {
	return d.fail(pay, "dry run: payment fails")
}

func (d dryRun) fail(at step, reason string) error {
	if d.failsAt == at {
		return errors.New(reason)
	}
	return nil
}
