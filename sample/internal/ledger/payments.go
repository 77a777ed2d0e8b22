package ledger

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"example.com/nitro-stacks/payments/internal/payment"
)

// Payments are the documents of the table transactions: one for each payment, one version for each of its states.
type Payments struct {
	Ledger *Ledger
	Signer payment.Signer
}

// Current is a payment's last state and the version of its document, from 0.
type Current struct {
	payment.State
	Version int
}

type paymentDocument struct {
	Data           []byte `ion:"data"`
	Signature      []byte `ion:"signature"`
	PublicKey      string `ion:"publicKey"`
	IdempotencyKey []byte `ion:"idempotencyKey"`
}

type revision struct {
	Data     paymentDocument `ion:"data"`
	Metadata struct {
		Version int `ion:"version"`
	} `ion:"metadata"`
}

// Insert records a new payment and returns its document's id; for a payment that is there already it changes nothing and returns the
// same id.
func (p Payments) Insert(ctx context.Context, details payment.Details) (string, error) {
	signed, err := p.Signer.Seal(payment.New(details))
	if err != nil {
		return "", err
	}
	type found struct {
		DocumentID string `ion:"documentID"`
	}
	return inTransaction(ctx, p.Ledger, func(tx transaction) (string, error) {
		key := signed.IdempotencyKey[:]
		existing, err := rows[found](tx, "SELECT d_id as documentID FROM transactions BY d_id where idempotencyKey = ?", key)
		if err != nil {
			return "", err
		}
		if len(existing) > 0 {
			return existing[0].DocumentID, nil
		}
		return insert(tx, "transactions", paymentDocument{signed.Data, signed.Signature, signed.PublicKey, key})
	})
}

// errOvertaken means that a document changed between two statements of a transaction. QLDB has no snapshots: such a transaction could
// never commit, or would, where the first statement read the history, commit over a version it has not seen.
var errOvertaken = errors.New("another transaction changed the document meanwhile")

// Find reads and verifies a payment; ErrNotFound when there is none.
func (p Payments) Find(ctx context.Context, documentID string) (Current, error) {
	unchanged := func(Current) (payment.State, bool, error) { return payment.State{}, false, nil }
	return p.Amend(ctx, documentID, unchanged)
}

// Amend reads and verifies a payment and, in the same transaction, writes the state that change returns, unless it says that nothing
// changes. change is called again after a conflict. Returned is the payment as it then is; ErrNotFound when there is none.
func (p Payments) Amend(ctx context.Context, documentID string, change func(Current) (next payment.State, changed bool, err error)) (Current, error) {
	for {
		amended, err := inTransaction(ctx, p.Ledger, func(tx transaction) (Current, error) { return p.amend(tx, documentID, change) })
		if !errors.Is(err, errOvertaken) || ctx.Err() != nil {
			return amended, err
		}
	}
}

func (p Payments) amend(tx transaction, documentID string, change func(Current) (payment.State, bool, error)) (Current, error) {
	current, err := p.read(tx, documentID)
	if err != nil {
		return Current{}, err
	}
	next, changed, err := change(current)
	if err != nil || !changed {
		return current, err
	}
	signed, err := p.Signer.Seal(next)
	if err != nil {
		return Current{}, err
	}
	updated, err := rows[insertedDocument](tx,
		"UPDATE transactions BY d_id SET data = ?, signature = ?, publicKey = ? WHERE d_id = ? AND data != ?",
		signed.Data, signed.Signature, signed.PublicKey, documentID, signed.Data)
	if err != nil {
		return Current{}, err
	}
	// A ledger answers one row for each assignment.
	if len(updated) == 0 {
		return Current{}, errOvertaken
	}
	return Current{State: next, Version: current.Version + 1}, nil
}

// read returns the verified last state. The document itself is read first: that is what makes the transaction fail when another one
// changes it before the commit.
func (p Payments) read(tx transaction, documentID string) (Current, error) {
	documents, err := rows[paymentDocument](tx, "SELECT t.* FROM transactions AS t BY d_id WHERE d_id = ?", documentID)
	if err != nil {
		return Current{}, err
	}
	revisions, err := rows[revision](tx, "SELECT * FROM history(transactions) AS h WHERE h.metadata.id = ?", documentID)
	if err != nil {
		return Current{}, err
	}
	if len(revisions) == 0 {
		return Current{}, fmt.Errorf("payment %q: %w", documentID, ErrNotFound)
	}
	if len(documents) != 1 {
		return Current{}, fmt.Errorf("payment %q has a history but %d documents, expected is one", documentID, len(documents))
	}
	slices.SortFunc(revisions, func(a, b revision) int { return cmp.Compare(a.Metadata.Version, b.Metadata.Version) })
	history := make([]payment.Signed, len(revisions))
	for i, revision := range revisions {
		if revision.Metadata.Version != i {
			return Current{}, fmt.Errorf("the history of payment %s lacks version %d", documentID, i)
		}
		key, err := uuid.FromBytes(revision.Data.IdempotencyKey)
		if err != nil {
			return Current{}, fmt.Errorf("payment %s, version %d: the idempotency key is no UUID: %w", documentID, i, err)
		}
		history[i] = payment.Signed{
			Data: revision.Data.Data, Signature: revision.Data.Signature, PublicKey: revision.Data.PublicKey, IdempotencyKey: key,
		}
	}
	if !bytes.Equal(history[len(history)-1].Data, documents[0].Data) {
		return Current{}, errOvertaken
	}
	state, err := p.Signer.Open(history)
	if err != nil {
		return Current{}, fmt.Errorf("the history of payment %s is not sound: %w", documentID, err)
	}
	return Current{State: state, Version: len(history) - 1}, nil
}
