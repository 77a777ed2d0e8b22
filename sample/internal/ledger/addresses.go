package ledger

import (
	"context"
	"fmt"
	"slices"
)

// ChainAddress is an address on a block chain that payouts may come from once operators approved it.
type ChainAddress struct {
	PublicKey string   `ion:"publicKey" json:"publicKey"`
	Creator   string   `ion:"creator" json:"creator"`
	Approvals []string `ion:"approvals" json:"approvals"`
}

// InsertChainAddress records a new address.
func (l *Ledger) InsertChainAddress(ctx context.Context, address ChainAddress) error {
	_, err := inTransaction(ctx, l, func(tx transaction) (string, error) {
		return insert(tx, "chainaddresses", address)
	})
	return err
}

// FindChainAddress returns an address, or ErrNotFound.
func (l *Ledger) FindChainAddress(ctx context.Context, publicKey string) (ChainAddress, error) {
	return inTransaction(ctx, l, func(tx transaction) (ChainAddress, error) { return findAddress(tx, publicKey) })
}

// ApproveChainAddress adds an operator's approval, once, and returns the address as it then is, or ErrNotFound.
func (l *Ledger) ApproveChainAddress(ctx context.Context, publicKey, keyID string) (ChainAddress, error) {
	return inTransaction(ctx, l, func(tx transaction) (ChainAddress, error) {
		address, err := findAddress(tx, publicKey)
		if err != nil || slices.Contains(address.Approvals, keyID) {
			return address, err
		}
		address.Approvals = append(address.Approvals, keyID)
		_, err = rows[insertedDocument](tx, "UPDATE chainaddresses SET publicKey = ?, approvals = ? WHERE publicKey = ?",
			address.PublicKey, address.Approvals, address.PublicKey)
		return address, err
	})
}

func findAddress(tx transaction, publicKey string) (ChainAddress, error) {
	found, err := rows[ChainAddress](tx, "SELECT * FROM chainaddresses WHERE publicKey = ?", publicKey)
	if err != nil {
		return ChainAddress{}, err
	}
	if len(found) == 0 {
		return ChainAddress{}, fmt.Errorf("chain address %q: %w", publicKey, ErrNotFound)
	}
	return found[0], nil
}
