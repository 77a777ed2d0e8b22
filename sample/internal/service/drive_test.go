package service

import (
	"testing"

	"example.com/nitro-stacks/payments/internal/payment"
)

func TestStep(t *testing.T) {
	cases := []struct {
		custodian   string
		from, to    payment.Status
		notPossible bool
	}{
		{custodian: "dryrun-happypath", from: payment.Prepared, to: payment.Authorized},
		{custodian: "dryrun-happypath", from: payment.Authorized, to: payment.Pending},
		{custodian: "dryrun-happypath", from: payment.Pending, to: payment.Paid},
		{custodian: "dryrun-authorize-fails", from: payment.Prepared, notPossible: true},
		{custodian: "dryrun-pay-fails", from: payment.Prepared, to: payment.Authorized},
		{custodian: "dryrun-pay-fails", from: payment.Authorized, to: payment.Pending},
		{custodian: "dryrun-pay-fails", from: payment.Pending, notPossible: true},
		{custodian: "dryrun-happypath", from: payment.Paid, notPossible: true},
		{custodian: "dryrun-happypath", from: payment.Failed, notPossible: true},
		{custodian: "uphold", from: payment.Prepared, notPossible: true},
	}
	for _, c := range cases {
		next, err := step(t.Context(), payment.State{Details: payment.Details{Custodian: c.custodian}, Status: c.from})
		if c.notPossible {
			if err == nil {
				t.Errorf("%s, %s: went to %s", c.custodian, c.from, next.Status)
			}
			continue
		}
		if err != nil || next.Status != c.to {
			t.Errorf("%s, %s: went to %s, error %v; want %s", c.custodian, c.from, next.Status, err, c.to)
		}
	}
}
