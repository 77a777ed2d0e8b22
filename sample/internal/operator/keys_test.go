package operator

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"example.com/nitro-stacks/payments/internal/contract"
)

func newKey(t *testing.T) (ed25519.PublicKey, string) {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return public, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))) + " someone\n"
}

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	directory := t.TempDir()
	if err := os.MkdirAll(filepath.Join(directory, contract.PublicKeysFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(directory, contract.PublicKeysFolder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

func TestLoad(t *testing.T) {
	first, firstLine := newKey(t)
	_, secondLine := newKey(t)
	operators, err := Load(folder(t, map[string]string{"test-operator.pub": firstLine, "test-operator2.pub": secondLine}))
	if err != nil || len(operators) != 2 {
		t.Fatalf("got %v, error %v", operators, err)
	}
	found, known := operators.Lookup(hex.EncodeToString(first))
	if !known || found.Name != "test-operator" || !found.PublicKey.Equal(first) || found.AuthorizedKey != strings.TrimSpace(firstLine) {
		t.Fatalf("got %+v, %v", found, known)
	}
	if _, known := operators.Lookup(strings.Repeat("0", 64)); known {
		t.Fatal("a stranger is an operator")
	}
}

func TestLoadRefuses(t *testing.T) {
	_, line := newKey(t)
	_, other := newKey(t)
	cases := []struct {
		name    string
		files   map[string]string
		problem string
	}{
		{"no file", nil, "test-operator is missing"},
		{"one file", map[string]string{"test-operator.pub": line}, "test-operator2 is missing"},
		{"same key twice", map[string]string{"test-operator.pub": line, "test-operator2.pub": line}, "two operators need two keys"},
		{"not a key", map[string]string{"test-operator.pub": "hello", "test-operator2.pub": other}, "ssh-ed25519 AAAA"},
	}
	for _, c := range cases {
		if _, err := Load(folder(t, c.files)); err == nil || !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: got error %v, want one with %q", c.name, err, c.problem)
		}
	}
}
