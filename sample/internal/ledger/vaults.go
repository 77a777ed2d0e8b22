package ledger

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// Vault is a key that was split among the operators; the whole key is kept nowhere.
type Vault struct {
	PublicKey      string   `ion:"publicKey"`
	Threshold      int      `ion:"threshold"`
	OperatorKeys   []string `ion:"operatorKeys"`
	Shares         []Share  `ion:"shares"`
	IdempotencyKey []byte   `ion:"idempotencyKey"`
}

// Share is one operator's part of a vault's key, encrypted to that operator.
type Share struct {
	Name     string `ion:"name" json:"name"`
	Material []byte `ion:"material" json:"material"`
}

// InsertVault records a vault; where one has the same key of the request already, that one is returned instead.
func (l *Ledger) InsertVault(ctx context.Context, key uuid.UUID, vault Vault) (Vault, error) {
	vault.IdempotencyKey = key[:]
	return inTransaction(ctx, l, func(tx transaction) (Vault, error) {
		existing, err := rows[Vault](tx, "SELECT * FROM vaults WHERE idempotencyKey = ?", vault.IdempotencyKey)
		if err != nil {
			return Vault{}, err
		}
		if len(existing) > 0 {
			return existing[0], nil
		}
		_, err = insert(tx, "vaults", vault)
		return vault, err
	})
}

// FindVault returns the vault of a public key, or ErrNotFound.
func (l *Ledger) FindVault(ctx context.Context, publicKey string) (Vault, error) {
	return inTransaction(ctx, l, func(tx transaction) (Vault, error) {
		found, err := rows[Vault](tx, "SELECT * FROM vaults WHERE publicKey = ?", publicKey)
		if err != nil {
			return Vault{}, err
		}
		if len(found) == 0 {
			return Vault{}, fmt.Errorf("vault %q: %w", publicKey, ErrNotFound)
		}
		return found[0], nil
	})
}
