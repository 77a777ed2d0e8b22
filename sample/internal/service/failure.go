package service

import (
	"crypto/ed25519"
	"errors"
	"net/http"

	"example.com/nitro-stacks/payments/internal/contract"
	"example.com/nitro-stacks/payments/internal/httpsig"
	"example.com/nitro-stacks/payments/internal/ledger"
	"example.com/nitro-stacks/payments/internal/payment"
)

var errSealed = errors.New(contract.SealedWords)

// failure is the answer to an error.
func failure(err error) answer {
	code := statusOf(err)
	return answer{code, envelope{Message: err.Error(), Code: code, Data: struct{}{}}}
}

func statusOf(err error) int {
	var invalid payment.InvalidError
	switch {
	case errors.As(err, &invalid), errors.Is(err, errSealed):
		return http.StatusBadRequest
	case errors.Is(err, httpsig.ErrUnsigned):
		return http.StatusUnauthorized
	case errors.Is(err, httpsig.ErrForbidden):
		return http.StatusForbidden
	case errors.Is(err, ledger.ErrNotFound):
		return http.StatusNotFound
	default:
		return http.StatusInternalServerError
	}
}

func (a *api) publicKey(keyID string) (ed25519.PublicKey, bool) {
	operator, known := a.operators.Lookup(keyID)
	return operator.PublicKey, known
}
