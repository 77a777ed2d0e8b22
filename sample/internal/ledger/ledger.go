// Package ledger keeps payments, vaults and chain addresses in QLDB, through the official driver.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/amzn/ion-go/ion"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/qldbsession"
	"github.com/aws/aws-sdk-go-v2/service/qldbsession/types"
	"github.com/awslabs/amazon-qldb-driver-go/v3/qldbdriver"
)

const (
	// maxTransactions run at once; more wait here, since the driver refuses what is over its limit.
	maxTransactions = 40
	// transactionTimeout is more than the 30 seconds that QLDB gives a transaction.
	transactionTimeout = 40 * time.Second
	conflictRetries    = 30
)

// ErrNotFound means that no document has the id or key.
var ErrNotFound = errors.New("the ledger has no such document")

// Ledger runs transactions in one QLDB ledger.
type Ledger struct {
	driver *qldbdriver.QLDBDriver
	role   aws.CredentialsProvider
	slots  chan struct{}
	schema schema
}

// Open makes a ledger's driver; it makes no call. role is assumed before the first session is opened.
func Open(name string, client *qldbsession.Client, role aws.CredentialsProvider) (*Ledger, error) {
	driver, err := qldbdriver.New(name, client, func(options *qldbdriver.DriverOptions) {
		options.LoggerVerbosity = qldbdriver.LogOff
		options.MaxConcurrentTransactions = 2 * maxTransactions
		options.RetryPolicy = qldbdriver.RetryPolicy{
			MaxRetryLimit: conflictRetries,
			Backoff:       qldbdriver.ExponentialBackoffStrategy{SleepBase: 2 * time.Millisecond, SleepCap: 200 * time.Millisecond},
		}
	})
	if err != nil {
		return nil, fmt.Errorf("ledger %q: %w", name, err)
	}
	return &Ledger{driver: driver, role: role, slots: make(chan struct{}, maxTransactions)}, nil
}

// Close ends the driver's sessions.
func (l *Ledger) Close(ctx context.Context) { l.driver.Shutdown(ctx) }

// Prepare assumes the role and makes the tables, unless that is done. Every transaction does so too, when it has to.
func (l *Ledger) Prepare(ctx context.Context) error {
	if _, err := l.role.Retrieve(ctx); err != nil {
		return fmt.Errorf("the role of the ledger cannot be assumed: %w", err)
	}
	return l.schema.ensure(ctx, l)
}

// inTransaction runs work in a transaction of its own, which commits unless work fails. Work runs again on a conflict, so it must
// have no other effect. It is carried to its end even when the caller's connection goes away.
func inTransaction[T any](ctx context.Context, l *Ledger, work func(tx transaction) (T, error)) (T, error) {
	var nothing T
	if err := l.Prepare(ctx); err != nil {
		return nothing, err
	}
	result, err := execute(ctx, l, work)
	if tableMissing(err) {
		// The ledger was replaced by an empty one while this process ran.
		l.schema.forget()
		if err := l.Prepare(ctx); err != nil {
			return nothing, err
		}
		return execute(ctx, l, work)
	}
	return result, err
}

func execute[T any](ctx context.Context, l *Ledger, work func(tx transaction) (T, error)) (T, error) {
	var nothing T
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
	case <-ctx.Done():
		return nothing, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), transactionTimeout)
	defer cancel()
	result, err := l.driver.Execute(ctx, func(txn qldbdriver.Transaction) (any, error) {
		return work(transaction{txn})
	})
	if err != nil {
		return nothing, err
	}
	typed, ok := result.(T)
	if !ok {
		return nothing, fmt.Errorf("a transaction's result is a %T, expected is a %T", result, nothing)
	}
	return typed, nil
}

func tableMissing(err error) bool {
	var refused *types.BadRequestException
	return errors.As(err, &refused) && strings.Contains(refused.ErrorMessage(), "No such variable")
}

type transaction struct{ qldbdriver.Transaction }

// rows executes a statement and decodes every row of its result.
func rows[T any](tx transaction, statement string, parameters ...any) ([]T, error) {
	result, err := tx.Execute(statement, parameters...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", statement, err)
	}
	var decoded []T
	for result.Next(tx) {
		var row T
		if err := ion.Unmarshal(result.GetCurrentData(), &row); err != nil {
			return nil, fmt.Errorf("%s: row %d cannot be decoded: %w", statement, len(decoded), err)
		}
		decoded = append(decoded, row)
	}
	if err := result.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", statement, err)
	}
	return decoded, nil
}

type insertedDocument struct {
	DocumentID string `ion:"documentId"`
}

// insert puts one document into a table and returns its id.
func insert(tx transaction, table string, document any) (string, error) {
	inserted, err := rows[insertedDocument](tx, "INSERT INTO "+table+" ?", document)
	if err != nil {
		return "", err
	}
	if len(inserted) != 1 || inserted[0].DocumentID == "" {
		return "", fmt.Errorf("INSERT INTO %s answered %d documents, expected is one with its id", table, len(inserted))
	}
	return inserted[0].DocumentID, nil
}
