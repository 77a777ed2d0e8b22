package service

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var complete = map[string]string{
	"NITRO_ENCLAVE_MOCKING": "1", "ADDR": "0.0.0.0:18080", "ENVIRONMENT": "development", "AWS_REGION": "us-west-2", "QLDB_LEDGER_NAME": "nitro-alice",
	"QLDB_ROLE_ARN": "arn:aws:iam::000000000000:role/r", "ENCLAVE_CONFIG_BUCKET_NAME": "config", "ENCLAVE_CONFIG_OBJECT_NAME": "secrets.age",
	"ENCLAVE_OPERATOR_SHARES_BUCKET_NAME": "shares", "ENCLAVE_SOLANA_ADDRESS_NAME": "",
}

func lookupIn(environment map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, set := environment[name]; return value, set }
}

func TestReadSettings(t *testing.T) {
	read, err := readSettings(lookupIn(complete))
	if err != nil || read.address != "0.0.0.0:18080" || read.sharesBucket != "shares" || read.sharedCredentials {
		t.Fatalf("got %+v, error %v", read, err)
	}
	withFile := maps.Clone(complete)
	withFile["AWS_SHARED_CREDENTIALS_FILE"] = "/secrets/aws"
	if read, err := readSettings(lookupIn(withFile)); err != nil || !read.sharedCredentials {
		t.Fatalf("got %+v, error %v", read, err)
	}
	for name := range complete {
		partly := maps.Clone(complete)
		delete(partly, name)
		if _, err := readSettings(lookupIn(partly)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: got error %v", name, err)
		}
	}
	_, err = readSettings(lookupIn(nil))
	for name := range complete {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("with nothing, the error does not name %s: %v", name, err)
		}
	}
}

func TestTestSecretNames(t *testing.T) {
	directory := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(directory, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	if names, err := testSecretNames(""); err != nil || names != nil {
		t.Errorf("no path: got %v, %v", names, err)
	}
	if names, err := testSecretNames(file("good", `{"b":"1","a":"2"}`)); err != nil || !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("got %v, %v", names, err)
	}
	for name, path := range map[string]string{"missing": filepath.Join(directory, "none"), "not flat": file("bad", `{"a":{}}`)} {
		if _, err := testSecretNames(path); err == nil || !strings.Contains(err.Error(), "BAT_PAYMENT_TEST_SECRETS") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
