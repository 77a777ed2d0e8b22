package ledgertest

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/amzn/ion-go/ion"
	ionhash "github.com/amzn/ion-hash-go"
	"github.com/awslabs/amazon-qldb-driver-go/v3/qldbdriver"
)

// revision is what the committed view shows of a document, each part as the Ion that it is.
type revision struct {
	hash, data, metadata []byte
}

// The ledger hashes a revision itself; here ion-hash-go, which the driver uses too, hashes what the ledger shows of it.
func TestRevisionHashesAreThoseOfIonHash(t *testing.T) {
	driver := newDriver(t, 4)
	rowsOf(t, driver, statement{"CREATE TABLE T"})
	for _, value := range values {
		rowsOf(t, driver, statement{"INSERT INTO T ?", map[string]any{"sent": typed{t, value}, "nested": []any{typed{t, value}, map[string]any{"again": typed{t, value}}}}})
	}
	revisions := committed(t, driver)
	if len(revisions) != len(values) {
		t.Fatalf("%d revisions are committed, expected are %d", len(revisions), len(values))
	}
	for _, revision := range revisions {
		if want := joined(ionHash(t, revision.metadata), ionHash(t, revision.data)); !bytes.Equal(want, revision.hash) {
			t.Errorf("the hash of %s is %x, ion-hash-go makes it %x", text(t, revision.data), revision.hash, want)
		}
	}
}

func committed(t *testing.T, driver *qldbdriver.QLDBDriver) []revision {
	t.Helper()
	column := func(name string) [][]byte {
		result, err := driver.Execute(t.Context(), func(txn qldbdriver.Transaction) (any, error) {
			var found [][]byte
			rows, err := txn.Execute("SELECT VALUE c." + name + " FROM _ql_committed_T AS c")
			if err != nil {
				return nil, err
			}
			for rows.Next(txn) {
				found = append(found, bytes.Clone(rows.GetCurrentData()))
			}
			return found, rows.Err()
		})
		if err != nil {
			t.Fatal(err)
		}
		return result.([][]byte)
	}
	hashes, data, metadata := column("hash"), column("data"), column("metadata")
	revisions := make([]revision, len(hashes))
	for i := range hashes {
		var hash []byte
		if err := ion.Unmarshal(hashes[i], &hash); err != nil {
			t.Fatal(err)
		}
		revisions[i] = revision{hash, data[i], metadata[i]}
	}
	return revisions
}

func ionHash(t *testing.T, value []byte) []byte {
	t.Helper()
	reader, err := ionhash.NewHashReader(ion.NewReaderBytes(value), ionhash.NewCryptoHasherProvider(ionhash.SHA256))
	if err != nil {
		t.Fatal(err)
	}
	for reader.Next() {
	}
	if reader.Err() != nil {
		t.Fatal(reader.Err())
	}
	sum, err := reader.Sum(nil)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// joined hashes two hashes together, the lesser first: compared as signed bytes, from the last on.
func joined(a, b []byte) []byte {
	for i := len(a) - 1; i >= 0; i-- {
		if a[i] == b[i] {
			continue
		}
		if int8(a[i]) > int8(b[i]) {
			a, b = b, a
		}
		break
	}
	sum := sha256.Sum256(append(bytes.Clone(a), b...))
	return sum[:]
}
