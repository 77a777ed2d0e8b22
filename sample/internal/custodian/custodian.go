// Package custodian reaches those who hold the money. The sample knows four made-up ones, which move none.
package custodian

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"example.com/nitro-stacks/payments/internal/contract"
	"example.com/nitro-stacks/payments/internal/payment"
)

// Custodian takes a payment through the three steps that concern it. A step may run again after a crash, so each has to do its work once for
// one idempotency key. After an error the payment stays where it is, and whoever asked for the step asks again.
type Custodian interface {
	// Prepare decides whether a payment can be made at all.
	Prepare(ctx context.Context, details payment.Details) error
	// Authorize tells the custodian about a payment that enough operators agreed to.
	Authorize(ctx context.Context, key uuid.UUID, details payment.Details) error
	// Pay moves the money of a pending payment.
	Pay(ctx context.Context, key uuid.UUID, details payment.Details) error
}

var custodians = map[string]Custodian{
	"dryrun-happypath":       dryRun{},
	"dryrun-prepare-fails":   dryRun{failsAt: prepare},
	"dryrun-authorize-fails": dryRun{failsAt: authorize},
	"dryrun-pay-fails":       dryRun{failsAt: pay},
}

// Find returns the custodian of a name. A name that is allowed and that nobody wrote a custodian for is an error of the executable.
func Find(name string) (Custodian, error) {
	if found, ok := custodians[name]; ok {
		return found, nil
	}
	return nil, fmt.Errorf("nothing is written for custodian %q", name)
}

const allowedByDefault = "dryrun-*"

// Allowed are names, or beginnings of names that end in a star.
type Allowed []string

// ParseAllowed reads a list separated by commas; an empty one means the dry runs.
func ParseAllowed(list string) Allowed {
	var allowed Allowed
	for _, name := range strings.Split(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			allowed = append(allowed, name)
		}
	}
	if len(allowed) == 0 {
		return Allowed{allowedByDefault}
	}
	return allowed
}

// Check refuses a custodian that is not allowed. The error is a payment.InvalidError.
func (a Allowed) Check(name string) error {
	fits := func(pattern string) bool {
		beginning, open := strings.CutSuffix(pattern, "*")
		return pattern == name || open && strings.HasPrefix(name, beginning)
	}
	if slices.ContainsFunc(a, fits) {
		return nil
	}
	return payment.Invalid("custodian is %q, this executable takes %s (%s)", name, strings.Join(a, ", "), contract.EnvCustodians)
}
