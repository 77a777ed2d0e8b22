package custodian

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"example.com/nitro-stacks/payments/internal/payment"
)

func TestEachDryRunFailsAtItsStepAlone(t *testing.T) {
	for name, want := range map[string]string{
		"dryrun-happypath":       "ok ok ok",
		"dryrun-prepare-fails":   "fails ok ok",
		"dryrun-authorize-fails": "ok fails ok",
		"dryrun-pay-fails":       "ok ok fails",
	} {
		holder, err := Find(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, err := range []error{
			holder.Prepare(t.Context(), payment.Details{}),
			holder.Authorize(t.Context(), uuid.Nil, payment.Details{}),
			holder.Pay(t.Context(), uuid.Nil, payment.Details{}),
		} {
			got = append(got, map[bool]string{true: "ok", false: "fails"}[err == nil])
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
	if _, err := Find("uphold"); err == nil {
		t.Error("uphold was found")
	}
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		list, name string
		allowed    bool
	}{
		{"", "dryrun-happypath", true},
		{"", "dryrun-of-tomorrow", true},
		{"", "uphold", false},
		{"", "dryrun", false},
		{" , ", "dryrun-pay-fails", true},
		{"uphold, zebpay", "zebpay", true},
		{"uphold, zebpay", "dryrun-happypath", false},
		{"uphold, zebpay", "uphold2", false},
		{"uphold,dryrun-*", "dryrun-happypath", true},
	} {
		err := ParseAllowed(c.list).Check(c.name)
		var invalid payment.InvalidError
		if (err == nil) != c.allowed || err != nil && !errors.As(err, &invalid) {
			t.Errorf("%q, %q: %v", c.list, c.name, err)
		}
	}
	if err := ParseAllowed("a,b-*").Check("c"); err.Error() != `custodian is "c", this executable takes a, b-* (PAYMENT_CUSTODIANS)` {
		t.Error(err)
	}
}
