package payment

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestTransitions(t *testing.T) {
	all := []Status{Prepared, Authorized, Pending, Paid, Failed}
	allowed := map[Status][]Status{Prepared: {Authorized, Failed}, Authorized: {Pending, Failed}, Pending: {Paid, Failed}}
	for _, from := range all {
		for _, to := range all {
			_, err := State{Status: from}.Advance(to)
			if want := slices.Contains(allowed[from], to); (err == nil) != want {
				t.Errorf("%s to %s: error %v, allowed should be %v", from, to, err, want)
			}
		}
	}
}

func TestAuthorize(t *testing.T) {
	state := New(details(t, `"1"`))
	steps := []struct {
		keyID   string
		changed bool
		count   int
		ready   bool
	}{{"a", true, 1, false}, {"a", false, 1, false}, {"b", true, 2, true}, {"a", false, 2, true}}
	for i, step := range steps {
		next, changed := state.Authorize(step.keyID, "document")
		if changed != step.changed || len(next.Authorizations) != step.count || next.Ready() != step.ready {
			t.Fatalf("step %d: changed %v, %d authorizations, ready %v; want %+v", i, changed, len(next.Authorizations), next.Ready(), step)
		}
		state = next
	}
	paid := state
	paid.Status = Paid
	if _, changed := paid.Authorize("c", "document"); changed || paid.Ready() {
		t.Fatal("a paid payment takes authorizations or may be driven on")
	}
}

func testSigner() Signer {
	sign := func(message []byte) []byte { return append([]byte("signed "), message...) }
	return Signer{PublicKey: "key", Sign: sign, Verify: func(message, signature []byte) bool { return bytes.Equal(sign(message), signature) }}
}

// wholeLife is the history of a paid payment.
func wholeLife(t *testing.T) []State {
	t.Helper()
	states := []State{New(details(t, `"1.5"`))}
	for _, keyID := range []string{"a", "b"} {
		next, _ := states[len(states)-1].Authorize(keyID, "document")
		states = append(states, next)
	}
	for _, status := range []Status{Authorized, Pending, Paid} {
		next, err := states[len(states)-1].Advance(status)
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, next)
	}
	return states
}

func sealed(t *testing.T, states []State) []Signed {
	t.Helper()
	history := make([]Signed, len(states))
	for i, state := range states {
		signed, err := testSigner().Seal(state)
		if err != nil {
			t.Fatal(err)
		}
		history[i] = signed
	}
	return history
}

func TestOpenAcceptsAWholeLife(t *testing.T) {
	states := wholeLife(t)
	for length := 1; length <= len(states); length++ {
		got, err := testSigner().Open(sealed(t, states[:length]))
		if err != nil || got.Status != states[length-1].Status || len(got.Authorizations) != len(states[length-1].Authorizations) {
			t.Errorf("%d states: got %+v, error %v", length, got, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	states := wholeLife(t)
	without := func(i int) []State { return slices.Delete(slices.Clone(states), i, i+1) }
	changed := func(i int, change func(*State)) []State {
		copied := slices.Clone(states)
		change(&copied[i])
		return copied
	}
	cases := []struct {
		name    string
		history func() []Signed
		problem string
	}{
		{"nothing", func() []Signed { return nil }, "empty"},
		{"not from the beginning", func() []Signed { return sealed(t, states[1:]) }, "begins prepared"},
		{"one authorization too few", func() []Signed { return sealed(t, without(2)) }, "together with the status"},
		{"authorized by one", func() []Signed {
			early := states[1]
			early.Status = Authorized
			return sealed(t, append(slices.Clone(states[:2]), early))
		}, "authorized by 1 operators"},
		{"state left out", func() []Signed { return sealed(t, without(4)) }, "from authorized to paid"},
		{"paid twice", func() []Signed { return sealed(t, append(slices.Clone(states), states[5])) }, "keeps the status"},
		{"other receiver", func() []Signed { return sealed(t, changed(3, func(s *State) { s.To = "me" })) }, "details changed"},
		{"other amount", func() []Signed { return sealed(t, changed(5, func(s *State) { s.Amount = s.Amount.Neg() })) }, "details changed"},
		{"foreign key", func() []Signed {
			history := sealed(t, states)
			history[1].PublicKey = "other"
			return history
		}, `signed by "other"`},
		{"edited data", func() []Signed {
			history := sealed(t, states)
			history[4].Data = bytes.Replace(history[4].Data, []byte("pending"), []byte("paid"), 1)
			return history
		}, "signature does not fit"},
		{"other idempotency key", func() []Signed {
			history := sealed(t, states)
			history[0].IdempotencyKey[0]++
			return history
		}, "idempotency key"},
		{"unknown field", func() []Signed {
			data, _ := json.Marshal(map[string]any{"status": "prepared", "surprise": 1})
			return []Signed{{Data: data, Signature: testSigner().Sign(data), PublicKey: "key"}}
		}, "surprise"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := testSigner().Open(c.history()); err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Fatalf("got error %v, want one with %q", err, c.problem)
			}
		})
	}
}
