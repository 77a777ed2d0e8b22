package service

import (
	"context"
	"net/http"
	"slices"

	"example.com/nitro-stacks/payments/internal/custodian"
	"example.com/nitro-stacks/payments/internal/ledger"
	"example.com/nitro-stacks/payments/internal/payment"
)

// prepare records a payment; the same payment again gives the same document. A sealed service says that it is, whatever it is asked.
func (a *api) prepare(ctx context.Context, c call) (answer, error) {
	if a.unsealer.Status().Sealed {
		return answer{}, errSealed
	}
	var details payment.Details
	if err := decode(c.body, &details); err != nil {
		return answer{}, err
	}
	if err := details.Validate(); err != nil {
		return answer{}, err
	}
	if err := a.settings.custodians.Check(details.Custodian); err != nil {
		return answer{}, err
	}
	holder, err := custodian.Find(details.Custodian)
	if err != nil {
		return answer{}, err
	}
	if err := holder.Prepare(ctx, details); err != nil {
		return answer{}, err
	}
	documentID, err := a.payments.Insert(ctx, details)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, struct {
		payment.Details
		DocumentID string `json:"documentId"`
	}{details, documentID}}, nil
}

type submitRequest struct {
	DocumentID string `json:"documentId"`
	PayoutID   string `json:"payoutId"`
}

type submitData struct {
	Status         payment.Status  `json:"status"`
	PaymentDetails payment.Details `json:"paymentDetails"`
}

// submit records the signing operator's authorization and drives the payment on once there are enough of them.
func (a *api) submit(ctx context.Context, c call) (answer, error) {
	var request submitRequest
	if err := decode(c.body, &request); err != nil {
		return answer{}, err
	}
	if request.DocumentID == "" || request.PayoutID == "" {
		return answer{}, payment.Invalid("documentId and payoutId are needed, found are %q and %q", request.DocumentID, request.PayoutID)
	}
	read, err := a.payments.Find(ctx, request.DocumentID)
	if err != nil {
		return answer{}, err
	}
	if read.PayoutID != request.PayoutID {
		return answer{}, payment.Invalid("payment %s is not of payout %q", request.DocumentID, request.PayoutID)
	}
	current, err := a.authorize(ctx, request.DocumentID, read, c.keyID)
	if err != nil {
		return answer{}, err
	}
	current, err = a.drive(ctx, request.DocumentID, current)
	return submitted(current.State, err), nil
}

// authorize writes one more authorization into a payment as it was read, in a transaction of its own: of two operators who read the same
// version, the later one's write counts and the other's is lost. That is what the program does that this one stands for, so whoever
// submits by program sends the second operator's request after the first one's answer.
func (a *api) authorize(ctx context.Context, documentID string, read ledger.Current, keyID string) (ledger.Current, error) {
	next, changed := read.Authorize(keyID, documentID)
	if !changed {
		return read, nil
	}
	return a.payments.Amend(ctx, documentID, func(latest ledger.Current) (payment.State, bool, error) {
		return next, latest.Status == payment.Prepared && !slices.Equal(latest.Authorizations, next.Authorizations), nil
	})
}

// submitted is 200 unless the same request should be sent again.
func submitted(state payment.State, err error) answer {
	message, code := "submitted", http.StatusOK
	if err != nil {
		message, code = err.Error(), http.StatusInternalServerError
	}
	return answer{code, envelope{Message: message, Code: code, Data: submitData{state.Status, state.Details}}}
}
