package ledgertest

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/amzn/ion-go/ion"
	"github.com/aws/aws-sdk-go-v2/service/qldbsession/types"
	"github.com/awslabs/amazon-qldb-driver-go/v3/qldbdriver"
)

// These tests judge the ledger with the official driver, unchanged.

func newDriver(t *testing.T, retries int) *qldbdriver.QLDBDriver {
	t.Helper()
	return driverOf(t, Start(t), retries)
}

func driverOf(t *testing.T, ledger *Process, retries int) *qldbdriver.QLDBDriver {
	t.Helper()
	driver, err := qldbdriver.New(Name, ledger.Client(t), func(options *qldbdriver.DriverOptions) {
		options.LoggerVerbosity = qldbdriver.LogOff
		options.RetryPolicy.MaxRetryLimit = retries
	})
	if err != nil {
		t.Fatal(err)
	}
	return driver
}

// rowsOf executes statements in one transaction and returns the last one's rows as Ion text.
func rowsOf(t *testing.T, driver *qldbdriver.QLDBDriver, statements ...[]any) []string {
	t.Helper()
	result, err := driver.Execute(t.Context(), func(txn qldbdriver.Transaction) (any, error) {
		var texts []string
		for _, statement := range statements {
			texts = nil
			rows, err := txn.Execute(statement[0].(string), statement[1:]...)
			if err != nil {
				return nil, err
			}
			for rows.Next(txn) {
				texts = append(texts, text(t, rows.GetCurrentData()))
			}
			if rows.Err() != nil {
				return nil, rows.Err()
			}
		}
		return texts, nil
	})
	if err != nil {
		t.Fatalf("%v: %v", statements, err)
	}
	return result.([]string)
}

// text copies a binary Ion value as Ion text, which shows type, annotations and precision.
func text(t *testing.T, data []byte) string {
	t.Helper()
	var out strings.Builder
	writer := ion.NewTextWriterOpts(&out, ion.TextWriterQuietFinish)
	copyValues(t, ion.NewReaderBytes(data), writer)
	if err := writer.Finish(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

type statement = []any

func TestTableAndIndexInOneTransaction(t *testing.T) {
	driver := newDriver(t, 4)
	rowsOf(t, driver, statement{"CREATE TABLE transactions"}, statement{"CREATE INDEX ON transactions (idempotencyKey)"})
	names, err := driver.GetTableNames(t.Context())
	if err != nil || len(names) != 1 || names[0] != "transactions" {
		t.Fatalf("tables %v, error %v", names, err)
	}
	found := rowsOf(t, driver, statement{"SELECT tableId FROM information_schema.user_tables WHERE name = ? AND status = 'ACTIVE'", "transactions"})
	if len(found) != 1 || len(found[0]) != len(`{tableId:"0123456789012345678901"}`) {
		t.Fatalf("found %v", found)
	}
	indexes := rowsOf(t, driver, statement{"SELECT VALUE indexes[0] FROM information_schema.user_tables WHERE status = 'ACTIVE'AND name = 'transactions'"})
	if len(indexes) != 1 || !strings.Contains(indexes[0], `expr:"[idempotencyKey]"`) {
		t.Fatalf("indexes %v", indexes)
	}
	_, err = driver.Execute(t.Context(), func(txn qldbdriver.Transaction) (any, error) { return txn.Execute("CREATE TABLE transactions") })
	var refused *types.BadRequestException
	if !errors.As(err, &refused) {
		t.Fatalf("a table that is there already: got %v", err)
	}
}

func TestDocumentsAndTheirHistory(t *testing.T) {
	driver := newDriver(t, 4)
	rowsOf(t, driver, statement{"CREATE TABLE vaults"}, statement{"CREATE INDEX ON vaults (publicKey)"})
	document := func(threshold int) map[string]any { return map[string]any{"publicKey": "age1", "threshold": threshold} }
	inserted := rowsOf(t, driver, statement{"INSERT INTO vaults ?", document(1)}, statement{"SELECT * FROM vaults WHERE publicKey = ?", "age1"})
	if len(inserted) != 1 || !strings.Contains(inserted[0], "threshold:1") {
		t.Fatalf("a transaction reads its own writes as %v", inserted)
	}
	ids := rowsOf(t, driver, statement{"SELECT VALUE d_id FROM vaults BY d_id WHERE publicKey = ?", "age1"})
	id := strings.Trim(ids[0], `"`)
	for threshold := 2; threshold <= 3; threshold++ {
		updated := rowsOf(t, driver, statement{"UPDATE vaults BY d_id SET threshold = ? WHERE d_id = ? AND threshold != ?", threshold, id, threshold})
		if len(updated) != 1 || updated[0] != `{documentId:"`+id+`"}` {
			t.Fatalf("updated %v", updated)
		}
	}
	unchanged := rowsOf(t, driver, statement{"UPDATE vaults BY d_id SET threshold = ? WHERE d_id = ? AND threshold != ?", 3, id, 3})
	if len(unchanged) != 0 {
		t.Fatalf("an update to the same value changed %v", unchanged)
	}
	history := rowsOf(t, driver, statement{"SELECT h.metadata.version, h.data.threshold FROM history(vaults) AS h WHERE h.metadata.id = ?", id})
	if got, want := strings.Join(history, " "), "{version:0,threshold:1} {version:1,threshold:2} {version:2,threshold:3}"; got != want {
		t.Fatalf("history %s, want %s", got, want)
	}
}

func TestSixWayJoinReadsAsManyAsQLDB(t *testing.T) {
	driver := newDriver(t, 4)
	rowsOf(t, driver, statement{"CREATE TABLE T"}, statement{"CREATE INDEX ON T (Name)"})
	rowsOf(t, driver, statement{"INSERT INTO T << {'Name': 1}, {'Name': 2}, {'Name': 3} >>"})
	result, err := driver.Execute(t.Context(), func(txn qldbdriver.Transaction) (any, error) {
		rows, err := txn.Execute("SELECT * FROM T as a, T as b, T as c, T as d, T as e, T as f")
		if err != nil {
			return nil, err
		}
		count := 0
		for rows.Next(txn) {
			if columns := strings.Count(text(t, rows.GetCurrentData()), "Name:"); columns != 6 {
				t.Errorf("row %d has %d columns, want 6", count, columns)
			}
			count++
		}
		return [2]int64{int64(count), *rows.GetConsumedIOs().GetReadIOs()}, rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := result.([2]int64); got != [2]int64{729, 1092} {
		t.Fatalf("rows and reads are %v, want 729 and 1092", got)
	}
}

// The SDK closes a connection under an answer that comes before its transport is done with the request: the ledger must not be that fast.
func TestNoPageIsLost(t *testing.T) {
	driver := newDriver(t, 0)
	rowsOf(t, driver, statement{"CREATE TABLE T"})
	rowsOf(t, driver, statement{"INSERT INTO T << {'Name': 1}, {'Name': 2}, {'Name': 3} >>"})
	for range 400 {
		count, err := driver.Execute(t.Context(), func(txn qldbdriver.Transaction) (any, error) {
			rows, err := txn.Execute("SELECT * FROM T as a, T as b, T as c, T as d, T as e, T as f")
			if err != nil {
				return 0, err
			}
			count := 0
			for rows.Next(txn) {
				count++
			}
			return count, rows.Err()
		})
		if err != nil || count != 729 {
			t.Errorf("%v of 729 rows came: %v", count, err)
		}
	}
}

func TestConflicts(t *testing.T) {
	for name, second := range map[string]statement{
		"both write":          {"UPDATE T SET total = 2 WHERE Name = 'n'"},
		"read only, indexed":  {"SELECT * FROM T WHERE Name = 'n'"},
		"read only, by scan":  {"SELECT COUNT(*) FROM T"},
		"read what was added": {"SELECT * FROM T WHERE Name = 'new'"},
	} {
		t.Run(name, func(t *testing.T) {
			driver := newDriver(t, 0)
			rowsOf(t, driver, statement{"CREATE TABLE T"}, statement{"CREATE INDEX ON T (Name)"})
			rowsOf(t, driver, statement{"INSERT INTO T << {'Name': 'n', 'total': 0} >>"})
			_, err := driver.Execute(t.Context(), func(txn qldbdriver.Transaction) (any, error) {
				rows, err := txn.Execute(second[0].(string))
				if err != nil {
					return nil, err
				}
				for rows.Next(txn) {
					text(t, rows.GetCurrentData())
				}
				rowsOf(t, driver, statement{"UPDATE T SET total = 1 WHERE Name = 'n'"}, statement{"INSERT INTO T << {'Name': 'new'} >>"})
				return nil, rows.Err()
			})
			var conflict *types.OccConflictException
			if !errors.As(err, &conflict) {
				t.Fatalf("got %v, want a conflict", err)
			}
			if got := rowsOf(t, driver, statement{"SELECT VALUE T.total FROM T WHERE Name = 'n'"}); len(got) != 1 || got[0] != "1" {
				t.Fatalf("the total is %v, want 1", got)
			}
		})
	}
}

func TestConcurrentIncrementsAllCount(t *testing.T) {
	const writers, rounds = 8, 10
	driver := newDriver(t, 1000)
	rowsOf(t, driver, statement{"CREATE TABLE T"}, statement{"CREATE INDEX ON T (Name)"})
	rowsOf(t, driver, statement{"INSERT INTO T << {'Name': 'n', 'total': 0} >>"})
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range rounds {
				_, err := driver.Execute(t.Context(), func(txn qldbdriver.Transaction) (any, error) {
					return txn.Execute("UPDATE T SET total = T.total + 1 WHERE Name = 'n'")
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := rowsOf(t, driver, statement{"SELECT VALUE T.total FROM T"}); len(got) != 1 || got[0] != "80" {
		t.Fatalf("the total is %v, want %d", got, writers*rounds)
	}
}
