package payment

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func details(t *testing.T, amount string) Details {
	t.Helper()
	var parsed Details
	text := `{"to":"to-1","from":"from-1","amount":` + amount + `,"currency":"BAT","payoutId":"payout-1","custodian":"dryrun-happypath","user":"u"}`
	if err := json.Unmarshal([]byte(text), &parsed); err != nil {
		t.Fatal(err)
	}
	return parsed
}

// Expected values: Python's uuid.uuid5 over to+from+currency+amount+custodian+payoutId.
func TestIdempotencyKey(t *testing.T) {
	for amount, want := range map[string]string{
		`"3.27"`:  "82af7983-481a-58fe-8cb9-adbb357b3156",
		`3.27`:    "82af7983-481a-58fe-8cb9-adbb357b3156",
		`"3.270"`: "82af7983-481a-58fe-8cb9-adbb357b3156",
		`"10"`:    "5f71399f-0c17-54e7-aa21-2554a6e6deea",
		`"1e1"`:   "5f71399f-0c17-54e7-aa21-2554a6e6deea",
	} {
		if got := details(t, amount).IdempotencyKey().String(); got != want {
			t.Errorf("amount %s: got %s, want %s", amount, got, want)
		}
	}
}

func TestAmountsAreExact(t *testing.T) {
	for amount, want := range map[string]string{
		`"0.1"`:                     `"0.1"`,
		`0.1`:                       `"0.1"`,
		`"0.000000000000000001"`:    `"0.000000000000000001"`,
		`"9999.999999999999999999"`: `"9999.999999999999999999"`,
	} {
		parsed := details(t, amount)
		if err := parsed.Validate(); err != nil {
			t.Errorf("amount %s: %v", amount, err)
		}
		if got, err := json.Marshal(parsed.Amount); err != nil || string(got) != want {
			t.Errorf("amount %s: written as %s, error %v", amount, got, err)
		}
	}
}

func TestValidate(t *testing.T) {
	cases := []struct {
		name    string
		amount  string
		change  func(*Details)
		problem string
	}{
		{name: "at the limit", amount: `"10000"`},
		{name: "over the limit", amount: `"10000.000000000000000001"`, problem: "limit of one payment is 10000"},
		{name: "zero", amount: `"0"`, problem: "more than 0"},
		{name: "negative", amount: `"-1"`, problem: "more than 0"},
		{name: "19 places", amount: `"0.0000000000000000001"`, problem: "18 decimal places"},
		{name: "huge exponent", amount: `"1e9999"`, problem: "exponent 9999"},
		{name: "tiny exponent", amount: `"1e-9999"`, problem: "exponent -9999"},
		{name: "no to", amount: `"1"`, change: func(d *Details) { d.To = "" }, problem: "to is missing"},
		{name: "no from", amount: `"1"`, change: func(d *Details) { d.From = "" }, problem: "from is missing"},
		{name: "no currency", amount: `"1"`, change: func(d *Details) { d.Currency = "" }, problem: "currency is missing"},
		{name: "no payout", amount: `"1"`, change: func(d *Details) { d.PayoutID = "" }, problem: "payoutId is missing"},
		{name: "no custodian", amount: `"1"`, change: func(d *Details) { d.Custodian = "" }, problem: "custodian is missing"},
		{name: "long to", amount: `"1"`, change: func(d *Details) { d.To = strings.Repeat("x", 257) }, problem: "to has 257 bytes"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			given := details(t, c.amount)
			if c.change != nil {
				c.change(&given)
			}
			err := given.Validate()
			if c.problem == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var invalid InvalidError
			if !errors.As(err, &invalid) || !strings.Contains(err.Error(), c.problem) {
				t.Fatalf("got error %v, want an InvalidError with %q", err, c.problem)
			}
		})
	}
}

func TestAmountMustBeThere(t *testing.T) {
	var parsed Details
	if err := json.Unmarshal([]byte(`{"to":"a","from":"b","currency":"BAT","payoutId":"p","custodian":"c"}`), &parsed); err != nil {
		t.Fatal(err)
	}
	if err := parsed.Validate(); err == nil {
		t.Fatal("details without an amount are valid")
	}
}
