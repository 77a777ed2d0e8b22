package service

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/awslabs/amazon-qldb-driver-go/v3/qldbdriver"

	"example.com/nitro-stacks/payments/internal/ledgertest"
)

func TestHealthAndInfo(t *testing.T) {
	b := newSealedBench(t)
	for _, path := range []string{"/", "/health-check"} {
		if got := b.get(path); got.code != http.StatusOK || got.body != `{"status":"ok","version":"1.2.3"}` {
			t.Errorf("%s answered %d %s", path, got.code, got.body)
		}
	}
	want := `{"encryptionKeyArn":"arn:aws:kms:us-west-2:000000000000:alias/nitro-enclave-mocking","environment":"development","sealed":true,"shares":0,"version":"1.2.3"}`
	if got := b.get("/v1/payments/info"); got.code != http.StatusOK || got.body != want {
		t.Errorf("info answered %d %s", got.code, got.body)
	}
	if got := b.get("/v1/payments/nothing"); got.code != http.StatusNotFound {
		t.Errorf("an unknown path answered %d", got.code)
	}
	if got := b.get("/elsewhere"); got.code != http.StatusNotFound {
		t.Errorf("an unknown path answered %d", got.code)
	}
}

func TestPrepareIsIdempotent(t *testing.T) {
	b := newBench(t)
	answer := b.post("/v1/payments/prepare", paymentJSON("to-1", "3.270", "dryrun-happypath"), nil)
	var fields map[string]string
	if err := json.Unmarshal([]byte(answer.body), &fields); err != nil {
		t.Fatalf("answered %d %s: %v", answer.code, answer.body, err)
	}
	id := fields["documentId"]
	delete(fields, "documentId")
	if got, want := fmt.Sprint(fields), "map[amount:3.27 currency:BAT custodian:dryrun-happypath from:from-1 payoutId:payout-1 to:to-1]"; got != want {
		t.Errorf("answered %s, want %s", got, want)
	}
	var group sync.WaitGroup
	var again [8]string
	for i := range again {
		group.Go(func() {
			again[i] = b.post("/v1/payments/prepare", paymentJSON("to-1", `"3.27"`, "dryrun-happypath"), nil).body
		})
	}
	group.Wait()
	for _, body := range again {
		if body != answer.body {
			t.Errorf("again it answered %s, first it was %s", body, answer.body)
		}
	}
	if other := b.prepare("to-2", "dryrun-happypath"); other == id {
		t.Error("another payment has the same document")
	}
	if b.aws.Assumed() == 0 {
		t.Error("the role was never assumed")
	}
}

func TestPreparingANewPaymentManyTimesAtOnceMakesOneDocument(t *testing.T) {
	b := newBench(t)
	for round := range 5 {
		var group sync.WaitGroup
		ids := make([]string, 10)
		for i := range ids {
			group.Go(func() { ids[i] = b.prepare(fmt.Sprintf("to-%d", round), "dryrun-happypath") })
		}
		group.Wait()
		if distinct := slices.Compact(slices.Sorted(slices.Values(ids))); len(distinct) != 1 {
			t.Fatalf("documents %v", distinct)
		}
	}
}

func TestPrepareRefuses(t *testing.T) {
	b := newBench(t)
	if got := b.post("/v1/payments/prepare", paymentJSON("to", `"1"`, "dryrun-prepare-fails"), nil); got.code != http.StatusInternalServerError || !strings.Contains(got.body, "dry run: preparation fails") {
		t.Errorf("a dry run that cannot be prepared: answered %d %s", got.code, got.body)
	}
	for name, body := range map[string]string{
		"not JSON":          "to",
		"over the limit":    paymentJSON("to", `"10000.01"`, "dryrun-happypath"),
		"no amount":         paymentJSON("to", `""`, "dryrun-happypath"),
		"negative":          paymentJSON("to", `"-1"`, "dryrun-happypath"),
		"no receiver":       paymentJSON("", `"1"`, "dryrun-happypath"),
		"unknown custodian": paymentJSON("to", `"1"`, "uphold"),
		"too long":          strings.Repeat(" ", maxBody) + "{}",
	} {
		if got := b.post("/v1/payments/prepare", body, nil); got.code != http.StatusBadRequest || got.header.Get("X-Retry-After") == "" {
			t.Errorf("%s: answered %d %s", name, got.code, got.body)
		}
	}
}

// custodians, and the states that their payments go through.
var lives = map[string]string{
	"dryrun-happypath":       "prepared prepared prepared authorized pending paid",
	"dryrun-authorize-fails": "prepared prepared prepared",
	"dryrun-pay-fails":       "prepared prepared prepared authorized pending",
}

func TestTwoAuthorizationsDriveAPayment(t *testing.T) {
	b := newBench(t)
	for custodian, life := range lives {
		t.Run(custodian, func(t *testing.T) {
			id := b.prepare("to-1", custodian)
			for _, who := range []int{0, 0} {
				answer := b.post("/v1/payments/submit", submitJSON(id), b.keys[who])
				if answer.code != http.StatusOK || status(t, answer) != "prepared" {
					t.Fatalf("with one operator's authorization: %d %s", answer.code, answer.body)
				}
			}
			want, code := life[strings.LastIndex(life, " ")+1:], http.StatusInternalServerError
			if want == "paid" {
				code = http.StatusOK
			}
			for _, who := range []int{1, 0, 1} {
				answer := b.post("/v1/payments/submit", submitJSON(id), b.keys[who])
				if answer.code != code || status(t, answer) != want || !strings.Contains(answer.body, `"paymentDetails":{"to":"to-1",`) {
					t.Fatalf("with both operators' authorizations: %d %s", answer.code, answer.body)
				}
			}
			if got := b.life(id); got != life {
				t.Fatalf("states %s, want %s", got, life)
			}
		})
	}
}

func TestSubmitRefuses(t *testing.T) {
	b := newBench(t)
	id := b.prepare("to-1", "dryrun-happypath")
	cases := []struct {
		name, body string
		key        int
		want       int
	}{
		{"a stranger", submitJSON(id), 2, http.StatusForbidden},
		{"nobody", submitJSON(id), -1, http.StatusUnauthorized},
		{"no such document", submitJSON("0123456789012345678901"), 0, http.StatusNotFound},
		{"another payout", fmt.Sprintf(`{"documentId":%q,"payoutId":"payout-2"}`, id), 0, http.StatusBadRequest},
		{"no document", `{"payoutId":"payout-1"}`, 0, http.StatusBadRequest},
		{"not JSON", `documentId`, 0, http.StatusBadRequest},
	}
	for _, c := range cases {
		answer := reply{}
		if c.key < 0 {
			answer = b.post("/v1/payments/submit", c.body, nil)
		} else {
			answer = b.post("/v1/payments/submit", c.body, b.keys[c.key])
		}
		if answer.code != c.want {
			t.Errorf("%s: answered %d %s, want %d", c.name, answer.code, answer.body, c.want)
		}
	}
	if got := b.life(id); got != "prepared" {
		t.Errorf("states %s, want prepared alone", got)
	}
}

func TestManySubmitsAtOnceDriveAPaymentOnce(t *testing.T) {
	b := newBench(t)
	for round := range 3 {
		id := b.prepare(fmt.Sprintf("to-%d", round), "dryrun-happypath")
		var group sync.WaitGroup
		for i := range 12 {
			if i == 6 {
				group.Wait()
			}
			group.Go(func() {
				if answer := b.post("/v1/payments/submit", submitJSON(id), b.keys[i/6]); answer.code != http.StatusOK {
					t.Errorf("answered %d %s", answer.code, answer.body)
				}
			})
		}
		group.Wait()
		if got := b.life(id); got != lives["dryrun-happypath"] {
			t.Errorf("states %s, want each once", got)
		}
	}
}

func TestOfTwoOperatorsWhoReadTheSameVersionOneIsLost(t *testing.T) {
	b := newBench(t)
	id := b.prepare("to-1", "dryrun-happypath")
	read, err := b.api.payments.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, operator := range []string{"first", "second"} {
		if current, err := b.api.authorize(t.Context(), id, read, operator); err != nil || len(current.Authorizations) != 1 || current.Authorizations[0].KeyID != operator {
			t.Fatalf("%s: %+v, %v", operator, current, err)
		}
	}
	if current, err := b.api.payments.Find(t.Context(), id); err != nil || current.Ready() {
		t.Fatalf("%+v, %v: with one authorization it is ready", current, err)
	}
}

func TestAnAuthorizationThatComesLateChangesNothing(t *testing.T) {
	b := newBench(t)
	id := b.prepare("to-1", "dryrun-happypath")
	read, err := b.api.payments.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range b.keys[:2] {
		b.post("/v1/payments/submit", submitJSON(id), key)
	}
	if current, err := b.api.authorize(t.Context(), id, read, "late"); err != nil || current.Status != "paid" {
		t.Fatalf("%+v, %v", current, err)
	}
}

// life lists a payment's states, oldest first, read with a driver of the test's own.
func (b *bench) life(id string) string {
	b.t.Helper()
	driver, err := qldbdriver.New(ledgertest.Name, b.ledger.Client(b.t), func(options *qldbdriver.DriverOptions) { options.LoggerVerbosity = qldbdriver.LogOff })
	if err != nil {
		b.t.Fatal(err)
	}
	defer driver.Shutdown(b.t.Context())
	result, err := driver.Execute(b.t.Context(), func(txn qldbdriver.Transaction) (any, error) {
		return statesOf(txn, id)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Join(result.([]string), " ")
}
