// Package payment is what a payment is: its details, its states, and the history that proves how it came to its state.
// Everything in it is pure.
package payment

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// namespace of the idempotency keys; every payments executable uses the same.
var namespace = uuid.MustParse("3c0e75eb-9150-40b4-a988-a017d115de3c")

// maxAmount is the most that one payment may move, in units of its currency.
var maxAmount = decimal.NewFromInt(10_000)

const (
	// maxDecimals is what the finest of the currencies in use can express.
	maxDecimals   = 18
	maxTextLength = 256
)

// Details say who is to get what. The amount is written without trailing zeros, "3.270" as "3.27".
type Details struct {
	To        string          `json:"to"`
	From      string          `json:"from"`
	Amount    decimal.Decimal `json:"amount"`
	Currency  string          `json:"currency"`
	PayoutID  string          `json:"payoutId"`
	Custodian string          `json:"custodian"`
}

// InvalidError means that the caller asked for something that is not allowed.
type InvalidError struct{ problem string }

func (e InvalidError) Error() string { return e.problem }

// Invalid makes an InvalidError.
func Invalid(format string, values ...any) error {
	return InvalidError{problem: fmt.Sprintf(format, values...)}
}

// Validate checks everything that can be told from the details alone. The error is an InvalidError.
func (d Details) Validate() error {
	for _, field := range []struct{ name, value string }{
		{"to", d.To}, {"from", d.From}, {"currency", d.Currency}, {"payoutId", d.PayoutID}, {"custodian", d.Custodian},
	} {
		if field.value == "" {
			return Invalid("%s is missing or empty", field.name)
		}
		if len(field.value) > maxTextLength {
			return Invalid("%s has %d bytes, allowed are %d", field.name, len(field.value), maxTextLength)
		}
	}
	return validateAmount(d.Amount)
}

func validateAmount(amount decimal.Decimal) error {
	// An exponent of millions would fill the memory as soon as the amount is compared or printed.
	if exponent := amount.Exponent(); exponent > maxDecimals || exponent < -2*maxDecimals {
		return Invalid("amount has the exponent %d, allowed are decimals like \"3.27\" with up to %d places", exponent, maxDecimals)
	}
	if !amount.IsPositive() {
		return Invalid("amount is %q, it must be more than 0", amount)
	}
	if !amount.Equal(amount.Truncate(maxDecimals)) {
		return Invalid("amount is %q, allowed are up to %d decimal places", amount, maxDecimals)
	}
	if amount.GreaterThan(maxAmount) {
		return Invalid("amount is %q, the limit of one payment is %s", amount, maxAmount)
	}
	return nil
}

// IdempotencyKey is the same for the same payment: the version 5 UUID of its details.
func (d Details) IdempotencyKey() uuid.UUID {
	return uuid.NewSHA1(namespace, []byte(d.To+d.From+d.Currency+d.Amount.String()+d.Custodian+d.PayoutID))
}

// Equal tells whether two details are of the same payment.
func (d Details) Equal(other Details) bool {
	return d.Amount.Equal(other.Amount) && d.To == other.To && d.From == other.From && d.Currency == other.Currency &&
		d.PayoutID == other.PayoutID && d.Custodian == other.Custodian
}
