package httpsig

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

var (
	key   = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	now   = time.Date(2025, 11, 23, 12, 0, 0, 0, time.UTC)
	body  = []byte(`{"documentId":"d","payoutId":"p"}`)
	keyID = hex.EncodeToString(key.Public().(ed25519.PublicKey))
)

func lookup(id string) (ed25519.PublicKey, bool) {
	return key.Public().(ed25519.PublicKey), id == keyID
}

func signedRequest(t *testing.T) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/v1/payments/submit", bytes.NewReader(body))
	r.Host = "service:18080"
	if err := SignRequest(r, body, now, key); err != nil {
		t.Fatal(err)
	}
	return r
}

// The signing string written out, as draft-cavage-http-signatures-08, section 2.3, builds it.
func TestSigningString(t *testing.T) {
	r := signedRequest(t)
	want := "(request-target): post /v1/payments/submit\n" +
		"host: service:18080\n" +
		"date: Sun, 23 Nov 2025 12:00:00 GMT\n" +
		"digest: " + Digest(body) + "\n" +
		"content-length: 33\n" +
		"content-type: application/json"
	parameters, err := ParseParameters(r.Header.Get("Signature"))
	if err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(key.Public().(ed25519.PublicKey), []byte(want), parameters.Signature) {
		t.Fatalf("the signature %q is not over\n%s", r.Header.Get("Signature"), want)
	}
	if got, want := Digest([]byte("hello")), "SHA-256=LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="; got != want {
		t.Fatalf("Digest(hello) = %s, want %s", got, want)
	}
}

func TestVerifyRequest(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	replace := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Signature", strings.Replace(r.Header.Get("Signature"), from, to, 1))
		}
	}
	cases := []struct {
		name   string
		change func(*http.Request)
		body   []byte
		now    time.Time
		want   error
	}{
		{name: "as signed"},
		{name: "29 days later", now: now.Add(29 * 24 * time.Hour)},
		{name: "31 days later", now: now.Add(31 * 24 * time.Hour), want: ErrUnsigned},
		{name: "from the future", now: now.Add(-time.Hour), want: ErrUnsigned},
		{name: "no signature", change: func(r *http.Request) { r.Header.Del("Signature") }, want: ErrUnsigned},
		{name: "malformed", change: set("Signature", "keyId"), want: ErrUnsigned},
		{name: "other body", body: []byte("{}"), want: ErrUnsigned},
		{name: "other digest", change: set("Digest", Digest([]byte("x"))), want: ErrUnsigned},
		{name: "other algorithm", change: replace("ed25519", "hmac"), want: ErrUnsigned},
		{name: "digest not signed", change: replace(" digest", ""), want: ErrUnsigned},
		{name: "unsigned target", change: replace("(request-target) ", ""), want: ErrUnsigned},
		{name: "missing signed header", change: replace("content-type", "x-other"), want: ErrUnsigned},
		{name: "bad date", change: set("Date", "today"), want: ErrUnsigned},
		{name: "other date", change: set("Date", "Sun, 23 Nov 2025 11:59:59 GMT"), want: ErrForbidden},
		{name: "other host", change: func(r *http.Request) { r.Host = "elsewhere" }, want: ErrForbidden},
		{name: "other path", change: func(r *http.Request) { r.URL.Path = "/v1/payments/approvesol" }, want: ErrForbidden},
		{name: "other method", change: func(r *http.Request) { r.Method = http.MethodPut }, want: ErrForbidden},
		{name: "stranger", change: replace(keyID, strings.Repeat("0", 64)), want: ErrForbidden},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, sent, at := signedRequest(t), body, now
			if c.change != nil {
				c.change(r)
			}
			if c.body != nil {
				sent = c.body
			}
			if !c.now.IsZero() {
				at = c.now
			}
			signer, err := VerifyRequest(r, sent, at, lookup)
			if !errors.Is(err, c.want) {
				t.Fatalf("got error %v, want %v", err, c.want)
			}
			if c.want == nil && signer != keyID {
				t.Fatalf("got signer %q, want %q", signer, keyID)
			}
		})
	}
}

func TestParseParametersRefuses(t *testing.T) {
	for header, problem := range map[string]string{
		"":         "no keyId",
		`keyId="a`: "has no end",
		`keyId=a`:  "malformed",
		`keyId="a",keyId="b",algorithm="c",headers="d",signature="ZQ=="`: "two values for keyId",
		`keyId="a",algorithm="c",headers="d"`:                            "no signature",
		`keyId="a",algorithm="c",headers="d",signature="?"`:              "not base64",
	} {
		if _, err := ParseParameters(header); err == nil || !strings.Contains(err.Error(), problem) {
			t.Errorf("%q: got error %v, want one with %q", header, err, problem)
		}
	}
}

func TestResponses(t *testing.T) {
	sign := func(message []byte) []byte { return append([]byte("enclave over "), message...) }
	verify := func(message, signature []byte) bool { return bytes.Equal(sign(message), signature) }
	header := http.Header{}
	if err := SignResponse(header, body, now, sign); err != nil {
		t.Fatal(err)
	}
	if got := header.Get("Signature"); !strings.HasPrefix(got, `keyId="primary",algorithm="awsnitro",headers="digest date",signature="`) {
		t.Fatalf("Signature is %s", got)
	}
	if header.Get("Date") != "Sun, 23 Nov 2025 12:00:00 GMT" || header.Get("Digest") != Digest(body) {
		t.Fatalf("headers are %v", header)
	}
	if err := VerifyResponse(header, body, verify); err != nil {
		t.Fatal(err)
	}
	if err := VerifyResponse(header, []byte("{}"), verify); err == nil {
		t.Fatal("another body was accepted")
	}
	header.Set("Date", "Sun, 23 Nov 2025 12:00:01 GMT")
	if err := VerifyResponse(header, body, verify); err == nil {
		t.Fatal("another date was accepted")
	}
}
