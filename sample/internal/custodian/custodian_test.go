package custodian

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/nitro-stacks/payments/internal/payment"
)

func TestFind(t *testing.T) {
	for _, name := range []string{"dryrun-happypath", "dryrun-prepare-fails", "dryrun-authorize-fails", "dryrun-pay-fails"} {
		if _, err := Find(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	var invalid payment.InvalidError
	if _, err := Find("uphold"); !errors.As(err, &invalid) || !strings.Contains(err.Error(), `"uphold"`) || !strings.Contains(err.Error(), "dryrun-pay-fails") {
		t.Errorf("uphold: got %v", err)
	}
}

func TestRefused(t *testing.T) {
	if reason, final := Refused(fmt.Errorf("paying: %w", &RefusedError{Reason: "no account"})); !final || reason != "no account" {
		t.Errorf("a refusal: got %q, %v", reason, final)
	}
	for _, err := range []error{nil, errors.New("timeout")} {
		if reason, final := Refused(err); final {
			t.Errorf("%v: got %q, final", err, reason)
		}
	}
}
