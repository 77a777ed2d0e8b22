package httpsig

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

var responseHeaders = []string{"digest", "date"}

// SignResponse sets a response's Date, Digest and Signature headers; sign makes the enclave's signature over the signing string.
func SignResponse(header http.Header, body []byte, now time.Time, sign func(message []byte) []byte) error {
	header.Set("Date", now.UTC().Format(http.TimeFormat))
	header.Set("Digest", Digest(body))
	message, err := signingString(responseHeaders, headerValue(header))
	if err != nil {
		return err
	}
	parameters := Parameters{KeyID: "primary", Algorithm: "awsnitro", Headers: responseHeaders, Signature: sign(message)}
	header.Set("Signature", parameters.String())
	return nil
}

// VerifyResponse checks a response's digest and signature.
func VerifyResponse(header http.Header, body []byte, verify func(message, signature []byte) bool) error {
	parameters, err := ParseParameters(header.Get("Signature"))
	if err != nil {
		return err
	}
	if got, want := header.Get("Digest"), Digest(body); got != want {
		return fmt.Errorf("the response's Digest is %q, its body's is %q", got, want)
	}
	message, err := signingString(parameters.Headers, headerValue(header))
	if err != nil {
		return err
	}
	if !verify(message, parameters.Signature) {
		return fmt.Errorf("the response's signature by %q does not fit its headers %q", parameters.KeyID, strings.Join(parameters.Headers, " "))
	}
	return nil
}

func headerValue(header http.Header) func(string) (string, bool) {
	return func(name string) (string, bool) {
		values := header.Values(name)
		return strings.Join(values, ", "), len(values) > 0
	}
}
