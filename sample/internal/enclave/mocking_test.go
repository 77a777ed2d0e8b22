package enclave

import (
	"testing"

	"example.com/nitro-stacks/payments/internal/contract"
)

func TestMeasurements(t *testing.T) {
	if got, want := CodeMeasurement(), contract.MockedPCR2; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	if got := PCR(9); len(got) != 48 || got[0] != 0xab || got[47] != 0xc9 {
		t.Fatalf("PCR9 is %x", got)
	}
}

func TestSignatures(t *testing.T) {
	signature := Sign([]byte("message"))
	if !Verify([]byte("message"), signature) {
		t.Fatal("a signature does not fit its own message")
	}
	if Verify([]byte("massage"), signature) || Verify([]byte("message"), signature[1:]) {
		t.Fatal("a changed message or signature was accepted")
	}
}
