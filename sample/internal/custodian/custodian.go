// Package custodian reaches those who hold the money. The sample knows four made-up ones, which move none.
package custodian

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"example.com/nitro-stacks/payments/internal/payment"
)

// Custodian takes a payment through the three steps that follow its preparation. A step may run again after a crash, so each has to do
// its work once for one idempotency key. A *RefusedError is final; after any other error the step is tried again.
type Custodian interface {
	// Check decides whether a prepared payment can be made at all.
	Check(ctx context.Context, details payment.Details) error
	// Authorize tells the custodian about an authorized payment.
	Authorize(ctx context.Context, key uuid.UUID, details payment.Details) error
	// Pay moves the money of a pending payment.
	Pay(ctx context.Context, key uuid.UUID, details payment.Details) error
}

// RefusedError means that a payment has failed for good.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

// Refused returns the reason of an error that is final.
func Refused(err error) (reason string, final bool) {
	var refused *RefusedError
	if errors.As(err, &refused) {
		return refused.Reason, true
	}
	return "", false
}

var custodians = map[string]Custodian{
	"dryrun-happypath":       dryRun{},
	"dryrun-prepare-fails":   dryRun{failsAt: check},
	"dryrun-authorize-fails": dryRun{failsAt: authorize},
	"dryrun-pay-fails":       dryRun{failsAt: pay},
}

// Find returns the custodian of a name. The error is a payment.InvalidError.
func Find(name string) (Custodian, error) {
	if found, ok := custodians[name]; ok {
		return found, nil
	}
	known := slices.Sorted(maps.Keys(custodians))
	return nil, payment.Invalid("custodian is %q, this executable knows %s", name, strings.Join(known, ", "))
}
