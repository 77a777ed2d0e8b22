package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/amzn/ion-go/ion"
	"github.com/awslabs/amazon-qldb-driver-go/v3/qldbdriver"
)

// statesOf reads a payment's states, oldest first. The fields are those that other programs rely on.
func statesOf(txn qldbdriver.Transaction, id string) ([]string, error) {
	result, err := txn.Execute("SELECT * FROM history(transactions) AS h WHERE h.metadata.id = ?", id)
	if err != nil {
		return nil, err
	}
	var states []string
	for result.Next(txn) {
		var row struct {
			Data struct {
				Data           []byte `ion:"data"`
				Signature      []byte `ion:"signature"`
				PublicKey      string `ion:"publicKey"`
				IdempotencyKey []byte `ion:"idempotencyKey"`
			} `ion:"data"`
		}
		if err := ion.Unmarshal(result.GetCurrentData(), &row); err != nil {
			return nil, err
		}
		var state struct{ Status string }
		if err := json.Unmarshal(row.Data.Data, &state); err != nil {
			return nil, err
		}
		if len(row.Data.Signature) == 0 || row.Data.PublicKey != strings.Repeat("abc2", 24) || len(row.Data.IdempotencyKey) != 16 {
			return nil, fmt.Errorf("document %+v", row.Data)
		}
		states = append(states, state.Status)
	}
	return states, result.Err()
}

// The ledger is killed again and again while payments are prepared and submitted, as a worker would: until each is answered with 200.
func TestNoPaymentIsLostOrPaidTwiceWhileTheLedgerCrashes(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second)
	defer cancel()
	const count = 15
	var workers sync.WaitGroup
	ids, answered := make([]string, count), make(chan struct{}, 3*count)
	for i := range count {
		workers.Go(func() {
			insist := func(path, body string, who int) reply {
				answer := b.insist(ctx, path, body, who)
				answered <- struct{}{}
				return answer
			}
			prepared := insist("/v1/payments/prepare", paymentJSON(fmt.Sprintf("to-%d", i), `"1"`, "dryrun-happypath"), -1)
			var answer struct{ DocumentID string }
			if err := json.Unmarshal([]byte(prepared.body), &answer); err != nil {
				t.Error(err)
			}
			ids[i] = answer.DocumentID
			insist("/v1/payments/submit", submitJSON(answer.DocumentID), 0)
			insist("/v1/payments/submit", submitJSON(answer.DocumentID), 1)
		})
	}
	for n := range 3 * count {
		<-answered
		if n%9 == 0 {
			b.ledger.Kill(t)
			b.ledger.Run(t)
		}
	}
	workers.Wait()
	seen := map[string]bool{}
	for i, id := range ids {
		if seen[id] {
			t.Errorf("payment %d has the document of another", i)
		}
		seen[id] = true
		if got := b.life(id); got != lives["dryrun-happypath"] {
			t.Errorf("payment %d: states %s", i, got)
		}
	}
}

// insist sends a request until it is answered with 200.
func (b *bench) insist(ctx context.Context, path, body string, who int) reply {
	for ctx.Err() == nil {
		answer, err := reply{}, error(nil)
		if who < 0 {
			answer, err = b.tryPost(path, body, nil)
		} else {
			answer, err = b.tryPost(path, body, b.keys[who])
		}
		if err == nil && answer.code == http.StatusOK {
			return answer
		}
		if err == nil && answer.code < http.StatusInternalServerError {
			b.t.Errorf("%s answered %d %s", path, answer.code, answer.body)
			return answer
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Errorf("%s was never answered with 200", path)
	return reply{}
}

func TestARestartedServiceGoesOn(t *testing.T) {
	b := newBench(t)
	id := b.prepare("to-1", "dryrun-happypath")
	b.post("/v1/payments/submit", submitJSON(id), b.keys[0])
	b.restartService()
	answer := b.post("/v1/payments/submit", submitJSON(id), b.keys[1])
	if status(t, answer) != "paid" {
		t.Fatalf("answered %d %s", answer.code, answer.body)
	}
	b.restartService()
	if again := b.prepare("to-1", "dryrun-happypath"); again != id {
		t.Fatalf("the payment has the document %s, before the restart it was %s", again, id)
	}
}

func TestLedgerReplacedByAnEmptyOne(t *testing.T) {
	b := newBench(t)
	b.prepare("to-1", "dryrun-happypath")
	b.ledger.Kill(t)
	b.ledger.Empty(t)
	b.ledger.Run(t)
	b.insist(t.Context(), "/v1/payments/prepare", paymentJSON("to-1", `"3.27"`, "dryrun-happypath"), -1)
	if id := b.prepare("to-1", "dryrun-happypath"); b.life(id) != "prepared" {
		t.Fatalf("states %s", b.life(id))
	}
}

func TestTamperedHistoryIsNotDrivenOn(t *testing.T) {
	b := newBench(t)
	id := b.prepare("to-1", "dryrun-happypath")
	driver, err := qldbdriver.New("test-ledger", b.ledger.Client(t))
	if err != nil {
		t.Fatal(err)
	}
	_, err = driver.Execute(t.Context(), func(txn qldbdriver.Transaction) (any, error) {
		return txn.Execute("UPDATE transactions BY d_id SET data = ? WHERE d_id = ?", bytes.Repeat([]byte{'x'}, 3), id)
	})
	if err != nil {
		t.Fatal(err)
	}
	if answer := b.post("/v1/payments/submit", submitJSON(id), b.keys[0]); answer.code != http.StatusInternalServerError || !strings.Contains(answer.body, "version 1: its signature does not fit") {
		t.Fatalf("answered %d %s", answer.code, answer.body)
	}
}
