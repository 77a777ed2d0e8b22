package ledgertest

import (
	"testing"

	"github.com/amzn/ion-go/ion"
	"github.com/awslabs/amazon-qldb-driver-go/v3/qldbdriver"
)

// Ion texts of every type, each in the precision and with the annotations it has to come back with.
var values = []string{
	"null", "null.bool", "null.int", "null.float", "null.decimal", "null.timestamp", "null.string", "null.symbol", "null.blob", "null.clob",
	"null.list", "null.sexp", "null.struct",
	"true", "false", "0", "-1", "170141183460469231731687303715884105728", "1.5e+0", "-0e+0", "+inf", "3.27", "3.270", "-0.", "1d9",
	"nan", "-1.5e-300", "0d-7", "1d-20", "-0d3", "12345678901234567890.1234567890",
	"2025T", "2025-11T", "2025-11-23T", "2025-11-23T12:00Z", "2025-11-23T12:00:00-00:00", "2025-11-23T12:00:00.120+05:30", "0001-01-01T00:00:00.000Z",
	"9999-12-31T23:59:59.999999999+11:59",
	`""`, `"text\n\u2603"`, "symbol", "'a symbol'", "{{}}", "{{q8I=}}", `{{"clob"}}`,
	"[]", "[1,[2],{a:3}]", "(+ 1 2)", "{a:1,a:2,b:{c:null}}", "one::two::3", "tag::{x:inner::outer::[]}",
}

// typed lets the driver send a value as it is.
type typed struct {
	t    *testing.T
	text string
}

func (v typed) MarshalIon(writer ion.Writer) error {
	copyValues(v.t, ion.NewReaderString(v.text), writer)
	return nil
}

func TestEveryTypeComesBackAsSent(t *testing.T) {
	ledger := Start(t)
	driver := driverOf(t, ledger, 4)
	rowsOf(t, driver, statement{"CREATE TABLE T"})
	for i, value := range values {
		rowsOf(t, driver, statement{"INSERT INTO T ?", map[string]any{"number": i, "sent": typed{t, value}}})
	}
	check := func(driver *qldbdriver.QLDBDriver) {
		t.Helper()
		for i, value := range values {
			want := text(t, []byte(value))
			got := rowsOf(t, driver, statement{"SELECT VALUE T.sent FROM T WHERE number = ?", i})
			if len(got) != 1 || got[0] != want {
				t.Errorf("sent %s, got %v", want, got)
			}
		}
	}
	check(driver)
	ledger.Kill(t)
	ledger.Run(t)
	check(driverOf(t, ledger, 4))
}

// copyValues writes what a reader reads, as it is.
func copyValues(t *testing.T, reader ion.Reader, writer ion.Writer) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for reader.Next() {
		if name, err := reader.FieldName(); err == nil && name != nil && reader.IsInStruct() {
			must(writer.FieldName(*name))
		}
		annotations, err := reader.Annotations()
		must(err)
		if len(annotations) > 0 {
			must(writer.Annotations(annotations...))
		}
		if reader.IsNull() {
			must(writer.WriteNullType(reader.Type()))
			continue
		}
		must(copyValue(t, reader, writer))
	}
	must(reader.Err())
}

func copyValue(t *testing.T, reader ion.Reader, writer ion.Writer) error {
	t.Helper()
	switch reader.Type() {
	case ion.BoolType:
		return copied(reader.BoolValue, writer.WriteBool)
	case ion.IntType:
		value, err := reader.BigIntValue()
		if err != nil {
			return err
		}
		return writer.WriteBigInt(value)
	case ion.FloatType:
		return copied(reader.FloatValue, writer.WriteFloat)
	case ion.DecimalType:
		value, err := reader.DecimalValue()
		if err != nil {
			return err
		}
		return writer.WriteDecimal(value)
	case ion.TimestampType:
		return copied(reader.TimestampValue, writer.WriteTimestamp)
	case ion.StringType:
		return copied(reader.StringValue, writer.WriteString)
	case ion.SymbolType:
		return copied(reader.SymbolValue, writer.WriteSymbol)
	case ion.BlobType, ion.ClobType:
		value, err := reader.ByteValue()
		if err != nil {
			return err
		}
		if reader.Type() == ion.BlobType {
			return writer.WriteBlob(value)
		}
		return writer.WriteClob(value)
	default:
		return copyContainer(t, reader, writer)
	}
}

func copied[T any](read func() (*T, error), write func(T) error) error {
	value, err := read()
	if err != nil {
		return err
	}
	return write(*value)
}

func copyContainer(t *testing.T, reader ion.Reader, writer ion.Writer) error {
	t.Helper()
	begin, end := writer.BeginStruct, writer.EndStruct
	switch reader.Type() {
	case ion.ListType:
		begin, end = writer.BeginList, writer.EndList
	case ion.SexpType:
		begin, end = writer.BeginSexp, writer.EndSexp
	}
	if err := begin(); err != nil {
		return err
	}
	if err := reader.StepIn(); err != nil {
		return err
	}
	copyValues(t, reader, writer)
	if err := reader.StepOut(); err != nil {
		return err
	}
	return end()
}
