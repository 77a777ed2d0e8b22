// Package vectors holds HTTP signatures that an implementation of others made: github.com/go-fed/httpsig. signatures.json is what our
// own signer is tested against (signer-vectors.test.ts beside this folder).
//
//	go test -run TestVectors -write    makes signatures.json anew
package vectors

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/go-fed/httpsig"
)

var write = flag.Bool("write", false, "write signatures.json")

const file = "signatures.json"

// signed are the headers that operators sign, in order.
var signed = []string{httpsig.RequestTarget, "host", "date", "digest", "content-length", "content-type"}

// vector is a request and what the library made of it.
type vector struct {
	Name string `json:"name"`
	// Seed is the private key (RFC 8032, section 5.1.5), in hex.
	Seed string `json:"seed"`
	Path string `json:"path"`
	Host string `json:"host"`
	// Date in RFC 3339.
	Date      string `json:"date"`
	Body      string `json:"body"`
	Digest    string `json:"digest"`
	Signature string `json:"signature"`
}

func requests() []vector {
	seed := func(name string) string {
		sum := sha256.Sum256([]byte(name))
		return hex.EncodeToString(sum[:])
	}
	return []vector{
		{Name: "an authorization", Seed: seed("operator 1"), Path: "/v1/payments/submit", Host: "service:18080",
			Date: "2026-09-21T10:00:00Z", Body: `{"documentId":"8F0TPCmdNQ6JTRpiLj2TmW","payoutId":"20260921_1"}`},
		{Name: "another operator, another host, a day of one digit", Seed: seed("operator 2"), Path: "/v1/payments/submit",
			Host: "nitro-payments.example.com", Date: "2024-02-09T23:59:59Z", Body: `{"documentId":"x","payoutId":"p"}`},
		{Name: "a body whose bytes are more than its characters", Seed: seed("operator 1"), Path: "/v1/payments/prepare",
			Host: "service:18080", Date: "2026-12-31T00:00:00Z", Body: `{"to":"Zoë Öß 漢字 🙂","amount":"3.27"}`},
		{Name: "an empty object", Seed: seed("operator 2"), Path: "/v1/payments/generatesol", Host: "127.0.0.1:23450",
			Date: "2026-01-01T12:34:56Z", Body: `{}`},
		{Name: "a path with a query", Seed: seed("operator 1"), Path: "/v1/payments/vault/verify?a=1&b=%20", Host: "service:18080",
			Date: "2026-09-21T10:00:00Z", Body: `{"threshold":2,"publicKey":"age1"}`},
	}
}

// sign has the library sign, and the library itself verify what it made.
func sign(t *testing.T, v vector) vector {
	t.Helper()
	seed, err := hex.DecodeString(v.Seed)
	if err != nil {
		t.Fatal(err)
	}
	date, err := time.Parse(time.RFC3339, v.Date)
	if err != nil {
		t.Fatal(err)
	}
	key := ed25519.NewKeyFromSeed(seed)
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		t.Fatal("no public key")
	}
	request := httptest.NewRequest(http.MethodPost, v.Path, nil)
	request.Header.Set("Host", v.Host)
	request.Header.Set("Date", date.UTC().Format(http.TimeFormat))
	request.Header.Set("Content-Length", strconv.Itoa(len(v.Body)))
	request.Header.Set("Content-Type", "application/json")
	signer, _, err := httpsig.NewSigner([]httpsig.Algorithm{httpsig.ED25519}, httpsig.DigestSha256, signed, httpsig.Signature, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := signer.SignRequest(key, hex.EncodeToString(public), request, []byte(v.Body)); err != nil {
		t.Fatal(err)
	}
	verifier, err := httpsig.NewVerifier(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(public, httpsig.ED25519); err != nil {
		t.Fatal(err)
	}
	v.Digest = request.Header.Get("Digest")
	v.Signature = request.Header.Get("Signature")
	return v
}

func TestVectors(t *testing.T) {
	var made []vector
	for _, request := range requests() {
		made = append(made, sign(t, request))
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(made); err != nil {
		t.Fatal(err)
	}
	if *write {
		if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, text.Bytes()) {
		t.Fatalf("%s is not what the library makes:\n%s", file, text.Bytes())
	}
}
