package service

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"github.com/google/uuid"

	"example.com/nitro-stacks/payments/internal/ledger"
	"example.com/nitro-stacks/payments/internal/operator"
	"example.com/nitro-stacks/payments/internal/payment"
	"example.com/nitro-stacks/payments/internal/shamir"
)

type vaultData struct {
	PublicKey    string         `json:"publicKey"`
	Threshold    int            `json:"threshold"`
	OperatorKeys []string       `json:"operatorKeys"`
	Shares       []ledger.Share `json:"shares,omitempty"`
}

// createVault makes a key, gives each operator a share of it that only they can read, and forgets the key.
// The same signed request again gives the same vault.
func (a *api) createVault(ctx context.Context, c call) (answer, error) {
	var request struct {
		Threshold int `json:"threshold"`
	}
	if err := decode(c.body, &request); err != nil {
		return answer{}, err
	}
	if request.Threshold < 2 || request.Threshold > len(a.operators) {
		return answer{}, payment.Invalid("threshold is %d, allowed are 2 to %d, the number of operators", request.Threshold, len(a.operators))
	}
	vault, err := newVault(a.operators, request.Threshold)
	if err != nil {
		return answer{}, err
	}
	key := uuid.NewSHA1(uuid.NameSpaceOID, []byte(c.Header.Get("Signature")))
	vault, err = a.payments.Ledger.InsertVault(ctx, key, vault)
	if err != nil {
		return answer{}, err
	}
	return success("vault created", vaultData{vault.PublicKey, vault.Threshold, vault.OperatorKeys, vault.Shares}), nil
}

// verifyVault tells whether the ledger holds a vault with this threshold for today's operators.
func (a *api) verifyVault(ctx context.Context, c call) (answer, error) {
	var request struct {
		Threshold int    `json:"threshold"`
		PublicKey string `json:"publicKey"`
	}
	if err := decode(c.body, &request); err != nil {
		return answer{}, err
	}
	vault, err := a.payments.Ledger.FindVault(ctx, request.PublicKey)
	if err != nil {
		return answer{}, err
	}
	if vault.Threshold != request.Threshold {
		return answer{}, payment.Invalid("the vault's threshold is %d, not %d", vault.Threshold, request.Threshold)
	}
	if !slices.Equal(vault.OperatorKeys, operatorKeys(a.operators)) {
		return answer{}, payment.Invalid("the vault was made for other operators: %q", vault.OperatorKeys)
	}
	return success("vault verified", vaultData{PublicKey: vault.PublicKey, Threshold: vault.Threshold, OperatorKeys: vault.OperatorKeys}), nil
}

func newVault(operators operator.Operators, threshold int) (ledger.Vault, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return ledger.Vault{}, err
	}
	parts, err := shamir.Split([]byte(identity.String()), len(operators), threshold)
	if err != nil {
		return ledger.Vault{}, err
	}
	vault := ledger.Vault{PublicKey: identity.Recipient().String(), Threshold: threshold, OperatorKeys: operatorKeys(operators)}
	for i, holder := range operators {
		recipient, err := agessh.ParseRecipient(holder.AuthorizedKey)
		if err != nil {
			return ledger.Vault{}, fmt.Errorf("operator %s: %w", holder.Name, err)
		}
		material, err := encrypt([]byte(base64.StdEncoding.EncodeToString(parts[i])), recipient)
		if err != nil {
			return ledger.Vault{}, fmt.Errorf("operator %s: %w", holder.Name, err)
		}
		vault.Shares = append(vault.Shares, ledger.Share{Name: holder.Name, Material: material})
	}
	return vault, nil
}

func operatorKeys(operators operator.Operators) []string {
	keys := make([]string, len(operators))
	for i, holder := range operators {
		keys[i] = holder.AuthorizedKey
	}
	return keys
}

func encrypt(plain []byte, recipient age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	writer, err := age.Encrypt(&out, recipient)
	if err != nil {
		return nil, err
	}
	if _, err := writer.Write(plain); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func success(message string, data any) answer {
	return answer{http.StatusOK, envelope{Message: message, Code: http.StatusOK, Data: data}}
}
