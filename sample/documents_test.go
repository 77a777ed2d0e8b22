package main

import (
	"encoding/json"
	"strings"

	"github.com/amzn/ion-go/ion"
	"github.com/awslabs/amazon-qldb-driver-go/v3/qldbdriver"

	"example.com/nitro-stacks/payments/internal/ledgertest"
)

// everyPaymentPaidOnce reads the whole history from the ledger: as many documents as payments, each with each state once.
func (s *stack) everyPaymentPaidOnce(count int) {
	s.t.Helper()
	driver, err := qldbdriver.New(ledgertest.Name, s.ledger.Client(s.t), func(options *qldbdriver.DriverOptions) { options.LoggerVerbosity = qldbdriver.LogOff })
	if err != nil {
		s.t.Fatal(err)
	}
	defer driver.Shutdown(s.t.Context())
	result, err := driver.Execute(s.t.Context(), func(txn qldbdriver.Transaction) (any, error) { return lives(txn) })
	if err != nil {
		s.t.Fatal(err)
	}
	lives := result.(map[string]string)
	if len(lives) != count {
		s.t.Errorf("the ledger holds %d payments, want %d", len(lives), count)
	}
	for id, life := range lives {
		if life != " prepared prepared prepared authorized pending paid" {
			s.t.Errorf("payment %s: states%s", id, life)
		}
	}
}

// lives maps each document to its states.
func lives(txn qldbdriver.Transaction) (map[string]string, error) {
	result, err := txn.Execute("SELECT * FROM history(transactions) AS h")
	if err != nil {
		return nil, err
	}
	versions := map[string][]string{}
	for result.Next(txn) {
		var row struct {
			Data struct {
				Data []byte `ion:"data"`
			} `ion:"data"`
			Metadata struct {
				ID      string `ion:"id"`
				Version int    `ion:"version"`
			} `ion:"metadata"`
		}
		var state struct{ Status string }
		if err := ion.Unmarshal(result.GetCurrentData(), &row); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(row.Data.Data, &state); err != nil {
			return nil, err
		}
		states := versions[row.Metadata.ID]
		for len(states) <= row.Metadata.Version {
			states = append(states, "")
		}
		states[row.Metadata.Version] = state.Status
		versions[row.Metadata.ID] = states
	}
	lives := map[string]string{}
	for id, states := range versions {
		lives[id] = " " + strings.Join(states, " ")
	}
	return lives, result.Err()
}
