package main

import "fmt"

// payment is the small document of every workload.
type payment struct {
	ID        string `ion:"id" json:"id"`
	To        string `ion:"to" json:"to"`
	From      string `ion:"from" json:"from"`
	Amount    string `ion:"amount" json:"amount"`
	Currency  string `ion:"currency" json:"currency"`
	Custodian string `ion:"custodian" json:"custodian"`
	State     string `ion:"state" json:"state"`
}

func newPayment(id string) payment {
	return payment{
		ID:        id,
		To:        "683bc9ba-497a-47a5-9587-3bd03fd722bd",
		From:      "5bb2f0a4-7c9d-4d0e-a3a8-9c1c4f1f7a55",
		Amount:    "12.5",
		Currency:  "BAT",
		Custodian: "dryrun-happypath",
		State:     "prepared",
	}
}

func paymentID(index int) string { return fmt.Sprintf("payment-%d", index) }
