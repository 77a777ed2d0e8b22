package httpsig

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// maxAge lets operators sign on a machine without a network and deliver later.
	maxAge = 30 * 24 * time.Hour
	// maxSkew is how far a signer's clock may be ahead.
	maxSkew = 10 * time.Minute
)

// requestHeaders is what operators sign; the first four have to be signed, or a signature could be used for something else.
var requestHeaders = []string{RequestTarget, "host", "date", "digest", "content-length", "content-type"}

const neededHeaders = 4

var (
	// ErrUnsigned means that a request carries no usable signature.
	ErrUnsigned = errors.New("the request is not signed as it has to be")
	// ErrForbidden means that a request's signature is wrong or its signer unknown.
	ErrForbidden = errors.New("the request's signature is not accepted")
)

// VerifyRequest checks a request's digest, date and ed25519 signature and returns the signer's key id.
// lookup finds the public key of a key id. The error wraps ErrUnsigned or ErrForbidden.
func VerifyRequest(r *http.Request, body []byte, now time.Time, lookup func(keyID string) (ed25519.PublicKey, bool)) (string, error) {
	header := r.Header.Get("Signature")
	if header == "" {
		return "", fmt.Errorf("%w: it has no Signature header", ErrUnsigned)
	}
	parameters, err := ParseParameters(header)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	if parameters.Algorithm != "ed25519" {
		return "", fmt.Errorf("%w: algorithm %q, allowed is ed25519", ErrUnsigned, parameters.Algorithm)
	}
	for _, name := range requestHeaders[:neededHeaders] {
		if !slices.Contains(parameters.Headers, name) {
			return "", fmt.Errorf("%w: %s is not among the signed headers %q", ErrUnsigned, name, strings.Join(parameters.Headers, " "))
		}
	}
	if got, want := r.Header.Get("Digest"), Digest(body); got != want {
		return "", fmt.Errorf("%w: Digest is %q, the body's is %q", ErrUnsigned, got, want)
	}
	if err := checkDate(r.Header.Get("Date"), now); err != nil {
		return "", err
	}
	key, known := lookup(parameters.KeyID)
	if !known {
		return "", fmt.Errorf("%w: key id %q is no operator's", ErrForbidden, parameters.KeyID)
	}
	message, err := signingString(parameters.Headers, requestValue(r))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	if !ed25519.Verify(key, message, parameters.Signature) {
		return "", fmt.Errorf("%w: it was not made by key id %q over these headers", ErrForbidden, parameters.KeyID)
	}
	return parameters.KeyID, nil
}

func checkDate(header string, now time.Time) error {
	date, err := http.ParseTime(header)
	if err != nil {
		return fmt.Errorf("%w: Date is %q, expected is a date like %q", ErrUnsigned, header, now.UTC().Format(http.TimeFormat))
	}
	if age := now.Sub(date); age > maxAge || age < -maxSkew {
		return fmt.Errorf("%w: Date is %q, which is %s old; allowed is up to %s", ErrUnsigned, header, age.Round(time.Second), maxAge)
	}
	return nil
}

// SignRequest sets a request's Date, Digest and Signature headers the way operators do.
func SignRequest(r *http.Request, body []byte, now time.Time, key ed25519.PrivateKey) error {
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	r.ContentLength = int64(len(body))
	r.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	r.Header.Set("Digest", Digest(body))
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	message, err := signingString(requestHeaders, requestValue(r))
	if err != nil {
		return err
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok {
		return errors.New("the private key has no ed25519 public key")
	}
	parameters := Parameters{
		KeyID: hex.EncodeToString(public), Algorithm: "ed25519", Headers: requestHeaders, Signature: ed25519.Sign(key, message),
	}
	r.Header.Set("Signature", parameters.String())
	return nil
}

func requestValue(r *http.Request) func(string) (string, bool) {
	return func(name string) (string, bool) {
		switch name {
		case RequestTarget:
			return strings.ToLower(r.Method) + " " + r.URL.RequestURI(), true
		case "host":
			return r.Host, true
		case "content-length":
			return strconv.FormatInt(r.ContentLength, 10), r.ContentLength >= 0
		default:
			values := r.Header.Values(name)
			return strings.Join(values, ", "), len(values) > 0
		}
	}
}
