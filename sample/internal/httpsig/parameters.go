// Package httpsig makes and checks the signatures of draft-cavage-http-signatures-08 on requests and responses.
package httpsig

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// RequestTarget is the pseudo header that stands for a request's method and path.
const RequestTarget = "(request-target)"

// Parameters are the contents of a Signature header.
type Parameters struct {
	KeyID, Algorithm string
	// Headers are the signed headers' names in lower case, in the order of the signing string.
	Headers   []string
	Signature []byte
}

// String formats the parameters as the value of a Signature header.
func (p Parameters) String() string {
	return fmt.Sprintf(`keyId="%s",algorithm="%s",headers="%s",signature="%s"`,
		p.KeyID, p.Algorithm, strings.Join(p.Headers, " "), base64.StdEncoding.EncodeToString(p.Signature))
}

// ParseParameters reads the value of a Signature header.
func ParseParameters(header string) (Parameters, error) {
	fields := map[string]string{}
	for rest := strings.TrimSpace(header); rest != ""; {
		name, after, ok := strings.Cut(rest, `="`)
		if !ok {
			return Parameters{}, fmt.Errorf("the Signature header is malformed at %q: name=\"value\" is expected", rest)
		}
		value, next, ok := strings.Cut(after, `"`)
		if !ok {
			return Parameters{}, fmt.Errorf("the Signature header is malformed: the value of %s has no end", name)
		}
		name = strings.TrimSpace(name)
		if _, twice := fields[name]; twice {
			return Parameters{}, fmt.Errorf("the Signature header is malformed: it has two values for %s", name)
		}
		fields[name] = value
		rest = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(next), ","))
	}
	for _, name := range []string{"keyId", "algorithm", "headers", "signature"} {
		if fields[name] == "" {
			return Parameters{}, fmt.Errorf("the Signature header has no %s", name)
		}
	}
	signature, err := base64.StdEncoding.DecodeString(fields["signature"])
	if err != nil {
		return Parameters{}, fmt.Errorf("the Signature header's signature is not base64: %w", err)
	}
	headers := strings.Fields(strings.ToLower(fields["headers"]))
	return Parameters{KeyID: fields["keyId"], Algorithm: fields["algorithm"], Headers: headers, Signature: signature}, nil
}

// Digest returns the value of the Digest header for a body.
func Digest(body []byte) string {
	sum := sha256.Sum256(body)
	return "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
}

// signingString is one "name: value" line for each header, in order.
func signingString(headers []string, value func(name string) (string, bool)) ([]byte, error) {
	lines := make([]string, len(headers))
	for i, name := range headers {
		text, ok := value(name)
		if !ok {
			return nil, fmt.Errorf("the signed header %s is missing", name)
		}
		lines[i] = name + ": " + text
	}
	return []byte(strings.Join(lines, "\n")), nil
}
