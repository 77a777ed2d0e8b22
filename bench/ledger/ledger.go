package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/qldbsession"
	"github.com/awslabs/amazon-qldb-driver-go/v3/qldbdriver"
)

// fillBatch is how many documents a transaction may have.
const fillBatch = 40

// ledgerWorkload connects to the ledger and runs one of its workloads.
func ledgerWorkload(ctx context.Context, options options) (result, error) {
	driver, err := connect(options)
	if err != nil {
		return result{}, err
	}
	defer driver.Shutdown(ctx)
	if err := prepareTable(ctx, driver, options.table); err != nil {
		return result{}, err
	}
	switch options.workload {
	case "ledger-fill":
		return fill(ctx, driver, options)
	case "ledger-read":
		return read(ctx, driver, options)
	}
	insert := fmt.Sprintf("INSERT INTO %s ?", options.table)
	run := time.Now().UnixNano()
	return inParallel(ctx, options, func(ctx context.Context, _, number int) error {
		return execute(ctx, driver, insert, newPayment(fmt.Sprintf("%d-%d", run, number)))
	})
}

func connect(options options) (*qldbdriver.QLDBDriver, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = options.clients
	session := qldbsession.New(qldbsession.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(options.endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider("bench", "bench", ""),
		HTTPClient:   &http.Client{Transport: transport},
	})
	return qldbdriver.New(options.ledger, session, func(driver *qldbdriver.DriverOptions) {
		driver.LoggerVerbosity = qldbdriver.LogOff
		driver.MaxConcurrentTransactions = options.clients
	})
}

// prepareTable makes the table, with an index on id, where it is not there.
func prepareTable(ctx context.Context, driver *qldbdriver.QLDBDriver, table string) error {
	names, err := driver.GetTableNames(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if name == table {
			return nil
		}
	}
	for _, statement := range []string{"CREATE TABLE " + table, fmt.Sprintf("CREATE INDEX ON %s (id)", table)} {
		if err := execute(ctx, driver, statement); err != nil {
			return err
		}
	}
	return nil
}

// fill inserts documents payment-0 to payment-n, as many a transaction as QLDB allows.
func fill(ctx context.Context, driver *qldbdriver.QLDBDriver, options options) (result, error) {
	insert := fmt.Sprintf("INSERT INTO %s ?", options.table)
	transactions := (options.documents + fillBatch - 1) / fillBatch
	return upTo(ctx, options.clients, transactions, func(ctx context.Context, _, number int) error {
		batch := make([]payment, 0, fillBatch)
		for index := number * fillBatch; index < min((number+1)*fillBatch, options.documents); index++ {
			batch = append(batch, newPayment(paymentID(index)))
		}
		return execute(ctx, driver, insert, batch)
	})
}

// read looks up single documents by the index, spread over the whole table.
func read(ctx context.Context, driver *qldbdriver.QLDBDriver, options options) (result, error) {
	query := fmt.Sprintf("SELECT * FROM %s WHERE id = ?", options.table)
	return inParallel(ctx, options, func(ctx context.Context, _, number int) error {
		// A stride that has no factor in common with powers of ten comes by every document.
		id := paymentID(int(int64(number) * 7_919 % int64(options.documents)))
		found, err := driver.Execute(ctx, func(transaction qldbdriver.Transaction) (any, error) {
			rows, err := transaction.Execute(query, id)
			if err != nil {
				return false, err
			}
			return rows.Next(transaction), rows.Err()
		})
		if err == nil && found != true {
			err = fmt.Errorf("%s is not in %s", id, options.table)
		}
		return err
	})
}

func execute(ctx context.Context, driver *qldbdriver.QLDBDriver, statement string, parameters ...any) error {
	_, err := driver.Execute(ctx, func(transaction qldbdriver.Transaction) (any, error) {
		_, err := transaction.Execute(statement, parameters...)
		return nil, err
	})
	return err
}
