package build

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"testing"
)

func TestVersion(t *testing.T) {
	if got := New("1.2.3").Version(); got != "1.2.3" {
		t.Errorf("a given version became %q", got)
	}
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	if got, want := New("").Version(), "dev-"+hex.EncodeToString(sum[:])[:12]; got != want {
		t.Errorf("the version is %q, want %q", got, want)
	}
}
