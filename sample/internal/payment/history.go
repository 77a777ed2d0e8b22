package payment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// Signed is a state as the ledger keeps it.
type Signed struct {
	// Data is the state's JSON.
	Data []byte
	// Signature over Data, and the name of the key that made it.
	Signature      []byte
	PublicKey      string
	IdempotencyKey uuid.UUID
}

// Signer signs states and checks their signatures.
type Signer struct {
	PublicKey string
	Sign      func(message []byte) []byte
	Verify    func(message, signature []byte) bool
}

// Seal signs a state for the ledger.
func (s Signer) Seal(state State) (Signed, error) {
	data, err := json.Marshal(state)
	if err != nil {
		return Signed{}, fmt.Errorf("a payment's state cannot be written as JSON: %w", err)
	}
	return Signed{Data: data, Signature: s.Sign(data), PublicKey: s.PublicKey, IdempotencyKey: state.IdempotencyKey()}, nil
}

// Open checks a payment's history, oldest first, and returns its last state. Every state has to be signed, to be of the same payment,
// and to follow from the one before it.
func (s Signer) Open(history []Signed) (State, error) {
	if len(history) == 0 {
		return State{}, errors.New("the history is empty")
	}
	var last State
	for version, signed := range history {
		state, err := s.openOne(signed)
		if err != nil {
			return State{}, fmt.Errorf("version %d: %w", version, err)
		}
		if version == 0 {
			err = first(state)
		} else {
			err = follows(last, state)
		}
		if err != nil {
			return State{}, fmt.Errorf("version %d: %w", version, err)
		}
		last = state
	}
	return last, nil
}

func (s Signer) openOne(signed Signed) (State, error) {
	if signed.PublicKey != s.PublicKey {
		return State{}, fmt.Errorf("it is signed by %q, expected is %q", signed.PublicKey, s.PublicKey)
	}
	if !s.Verify(signed.Data, signed.Signature) {
		return State{}, errors.New("its signature does not fit its data")
	}
	var state State
	decoder := json.NewDecoder(bytes.NewReader(signed.Data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&state); err != nil {
		return State{}, fmt.Errorf("its data is not a payment's state: %w", err)
	}
	if key := state.IdempotencyKey(); key != signed.IdempotencyKey {
		return State{}, fmt.Errorf("its idempotency key is %s, its details make %s", signed.IdempotencyKey, key)
	}
	return state, nil
}

func first(state State) error {
	if state.Status != Prepared || len(state.Authorizations) > 0 {
		return fmt.Errorf("a payment begins prepared and without authorizations, not %s with %d", state.Status, len(state.Authorizations))
	}
	return nil
}

func follows(before, after State) error {
	if !before.Details.Equal(after.Details) {
		return errors.New("the payment's details changed")
	}
	if before.Status == after.Status {
		// Authorizations are read and written in two transactions: of two operators at the same time, the later one's takes the other's place.
		if before.Status != Prepared || len(after.Authorizations) == 0 || len(after.Authorizations) > len(before.Authorizations)+1 {
			return fmt.Errorf("nothing but an authorization of a prepared payment keeps the status, found is %s", after.Status)
		}
		return nil
	}
	if _, err := before.Advance(after.Status); err != nil {
		return err
	}
	if len(after.Authorizations) != len(before.Authorizations) {
		return fmt.Errorf("the authorizations changed together with the status, from %d to %d", len(before.Authorizations), len(after.Authorizations))
	}
	if after.Status == Authorized && len(after.Authorizations) < neededAuthorizations {
		return fmt.Errorf("it is authorized by %d operators, needed are %d", len(after.Authorizations), neededAuthorizations)
	}
	return nil
}
