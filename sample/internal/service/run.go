// Package service is the payments service: it prepares payments, takes operators' authorizations and drives payments to their end.
package service

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"example.com/nitro-stacks/payments/internal/awsclient"
	"example.com/nitro-stacks/payments/internal/bootstrap"
	"example.com/nitro-stacks/payments/internal/build"
	"example.com/nitro-stacks/payments/internal/clock"
	"example.com/nitro-stacks/payments/internal/contract"
	"example.com/nitro-stacks/payments/internal/enclave"
	"example.com/nitro-stacks/payments/internal/ledger"
	"example.com/nitro-stacks/payments/internal/operator"
	"example.com/nitro-stacks/payments/internal/payment"
)

const (
	// stopGrace is what requests under way have left once the process is asked to stop. A payment that is cut off goes on when its
	// message is delivered again.
	stopGrace    = 600 * time.Millisecond
	ledgerPause  = 500 * time.Millisecond
	headerLimit  = 10 * time.Second
	requestLimit = 60 * time.Second
)

// signer makes and checks the mocked enclave's signatures on states.
var signer = payment.Signer{PublicKey: enclave.CodeMeasurement(), Sign: enclave.Sign, Verify: enclave.Verify}

// Run serves until the context ends. It listens before it is unsealed and before the ledger answers.
// It panics when an operator's public key is missing.
func Run(ctx context.Context, lookup func(string) (string, bool), info build.Info, log *slog.Logger) error {
	settings, err := readSettings(lookup)
	if err != nil {
		return err
	}
	operators, err := operator.Load(".")
	if err != nil {
		panic(err)
	}
	secrets, err := testSecretNames(settings.testSecrets)
	if err != nil {
		return err
	}
	for _, name := range secrets {
		log.Info("a test secret was read from a file", "secret", name)
	}
	clients, err := awsclient.New(ctx, settings.roleARN, settings.sharedCredentials)
	if err != nil {
		return err
	}
	book, err := ledger.Open(settings.ledgerName, clients.QLDB, clients.Role)
	if err != nil {
		return err
	}
	unsealer := &bootstrap.Unsealer{
		S3: clients.S3, SharesBucket: settings.sharesBucket, ConfigBucket: settings.configBucket, ConfigObject: settings.configObject,
		Log: log, Wait: clock.Sleep,
	}
	if settings.solanaAddress != "" {
		log.Warn(contract.EnvSolanaAddress+" is set, but none of the sample's custodians uses an address", "address", settings.solanaAddress)
	}
	api := &api{
		payments: ledger.Payments{Ledger: book, Signer: signer}, operators: operators, unsealer: unsealer,
		s3: clients.S3, settings: settings, info: info, now: time.Now, log: log,
	}
	listener, err := net.Listen("tcp", settings.address)
	if err != nil {
		return err
	}
	log.Info("listening", "address", listener.Addr().String())
	go func() { _ = unsealer.Run(ctx) }()
	go connect(ctx, book, log)
	return serve(ctx, listener, api.routes(), log)
}

// connect assumes the role and makes the tables before the first request needs them.
func connect(ctx context.Context, book *ledger.Ledger, log *slog.Logger) {
	for {
		err := book.Prepare(ctx)
		if err == nil {
			log.Info("the ledger is ready")
			return
		}
		if ctx.Err() != nil {
			return
		}
		log.Error("the ledger is not ready", "error", err.Error(), "retryAfter", ledgerPause.String())
		if clock.Sleep(ctx, ledgerPause) != nil {
			return
		}
	}
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerLimit, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
	defer cancel()
	err := server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("requests under way were cut off", "after", stopGrace.String())
		return nil
	}
	return err
}
