package service

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/nitro-stacks/payments/internal/bootstrap"
	"example.com/nitro-stacks/payments/internal/build"
	"example.com/nitro-stacks/payments/internal/contract"
	"example.com/nitro-stacks/payments/internal/httpsig"
	"example.com/nitro-stacks/payments/internal/ledger"
	"example.com/nitro-stacks/payments/internal/operator"
	"example.com/nitro-stacks/payments/internal/payment"
)

const (
	maxBody      = 1 << 20
	paymentsPath = "/v1/payments/"
	// retryAfter is how many seconds a worker should wait before it tries again, whatever was wrong.
	retryAfter = "1"
)

type api struct {
	payments  ledger.Payments
	operators operator.Operators
	unsealer  *bootstrap.Unsealer
	s3        *s3.Client
	settings  settings
	info      build.Info
	now       func() time.Time
	log       *slog.Logger
}

// call is a request whose body was read and, where the route asks for it, whose signer is known.
type call struct {
	*http.Request
	body []byte
	// keyID is the operator's who signed; empty on routes that need no signature.
	keyID string
}

// answer is a response: its status and what its body is the JSON of.
type answer struct {
	code int
	body any
}

// envelope is the body of all answers but those of prepare and info.
type envelope struct {
	Message string `json:"message"`
	Code    int    `json:"code"`
	Data    any    `json:"data"`
}

type endpoint func(context.Context, call) (answer, error)

func (a *api) routes() http.Handler {
	payments := http.NewServeMux()
	payments.Handle("POST "+contract.PreparePath, a.handle(a.prepare))
	payments.Handle("POST "+contract.SubmitPath, a.handle(a.signed(a.submit)))
	payments.Handle("POST "+contract.CreateVaultPath, a.handle(a.signed(a.createVault)))
	payments.Handle("POST "+contract.VerifyVaultPath, a.handle(a.signed(a.verifyVault)))
	payments.Handle("POST "+contract.GenerateAddressPath, a.handle(a.signed(a.generateAddress)))
	payments.Handle("POST "+contract.ApproveAddressPath, a.handle(a.signed(a.approveAddress)))
	payments.Handle("GET /v1/payments/info", a.handle(a.describe))

	all := http.NewServeMux()
	all.Handle("GET /{$}", a.handle(a.health))
	all.Handle("GET /health-check", a.handle(a.health))
	all.Handle(paymentsPath, attested(payments, a.now))
	return all
}

// handle runs an endpoint and writes its answer or the answer to its error. A panic becomes an answer too.
func (a *api) handle(run endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(r.Context(), requestLimit)
		defer cancel()
		result, err := a.answer(ctx, r, run)
		if err != nil {
			result = failure(err)
		}
		if result.code != http.StatusOK {
			w.Header().Set("X-Retry-After", retryAfter)
		}
		a.trace(r, result, time.Since(began), err)
		write(w, result)
	})
}

func (a *api) answer(ctx context.Context, r *http.Request, run endpoint) (result answer, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return answer{}, payment.Invalid("the body cannot be read: %v", err)
	}
	if len(body) > maxBody {
		return answer{}, payment.Invalid("the body is longer than %d bytes", maxBody)
	}
	return run(ctx, call{Request: r, body: body})
}

// signed lets only requests through that an operator signed.
func (a *api) signed(run endpoint) endpoint {
	return func(ctx context.Context, c call) (answer, error) {
		keyID, err := httpsig.VerifyRequest(c.Request, c.body, a.now(), a.publicKey)
		if err != nil {
			return answer{}, err
		}
		c.keyID = keyID
		return run(ctx, c)
	}
}

// trace logs a request; those for health come every few seconds and tell nothing.
func (a *api) trace(r *http.Request, result answer, took time.Duration, err error) {
	if !strings.HasPrefix(r.URL.Path, paymentsPath) {
		return
	}
	level, fields := slog.LevelDebug, []any{"method", r.Method, "path", r.URL.Path, "status", result.code, "took", took.String()}
	if err != nil {
		level, fields = slog.LevelWarn, append(fields, "error", err.Error())
	}
	a.log.Log(r.Context(), level, "request", fields...)
}

func write(w http.ResponseWriter, result answer) {
	body, err := json.Marshal(result.body)
	if err != nil {
		http.Error(w, "the answer cannot be written as JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(result.code)
	_, _ = w.Write(body)
}

// decode reads a JSON body; unknown fields are ignored.
func decode(body []byte, into any) error {
	if err := json.Unmarshal(body, into); err != nil {
		return payment.Invalid("the body is not the JSON that is expected: %v", err)
	}
	return nil
}
