package awsclient

import (
	"os"
	"path/filepath"
	"testing"

	"example.com/nitro-stacks/payments/internal/awstest"
)

const role = "arn:aws:iam::000000000000:role/test"

func TestTheRoleIsAssumedForQLDBAlone(t *testing.T) {
	server := awstest.Start(t)
	clients, err := New(t.Context(), role, false)
	if err != nil {
		t.Fatal(err)
	}
	if server.Assumed() != 0 {
		t.Fatal("making the clients called STS")
	}
	for range 3 {
		assumed, err := clients.Role.Retrieve(t.Context())
		if err != nil || assumed.AccessKeyID != "ASIATEST" {
			t.Fatalf("got %v, %v", assumed.AccessKeyID, err)
		}
	}
	if got := server.Assumed(); got != 1 {
		t.Fatalf("the role was assumed %d times, want once", got)
	}
	own, err := clients.S3.Options().Credentials.Retrieve(t.Context())
	if err != nil || own.AccessKeyID != "test" {
		t.Fatalf("S3 has the credentials of %v, %v", own.AccessKeyID, err)
	}
	if got, err := clients.QLDB.Options().Credentials.Retrieve(t.Context()); err != nil || got.AccessKeyID != "ASIATEST" {
		t.Fatalf("QLDB has the credentials of %v, %v", got.AccessKeyID, err)
	}
}

// A developer who logs in again rewrites the file; the SDK alone would never read it again.
func TestCredentialsFileIsReadAgain(t *testing.T) {
	awstest.Start(t)
	path := filepath.Join(t.TempDir(), "credentials")
	write := func(id string) {
		text := "[default]\naws_access_key_id = " + id + "\naws_secret_access_key = s\naws_session_token = t\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("FIRST")
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", path)
	clients, err := New(t.Context(), role, true)
	if err != nil {
		t.Fatal(err)
	}
	first, err := clients.S3.Options().Credentials.Retrieve(t.Context())
	if err != nil || first.AccessKeyID != "FIRST" || !first.CanExpire {
		t.Fatalf("got %+v, %v", first, err)
	}
	write("SECOND")
	second, err := readAgain(t.Context())
	if err != nil || second.AccessKeyID != "SECOND" || second.Expires.Sub(first.Expires) < 0 {
		t.Fatalf("got %+v, %v", second, err)
	}
}
