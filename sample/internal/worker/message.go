package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// order tells the worker to carry the messages of a stream to the service.
type order struct {
	PayoutID      string `json:"payoutId"`
	ConsumerGroup string `json:"consumerGroup"`
	Stream        string `json:"stream"`
	Count         int    `json:"count"`
	BatchSize     int    `json:"batchSize"`
}

const (
	defaultBatch = 10
	maxBatch     = 100
)

func parseOrder(data string) (order, error) {
	var parsed order
	if err := json.Unmarshal([]byte(data), &parsed); err != nil {
		return order{}, fmt.Errorf("the order is not JSON: %w", err)
	}
	if parsed.Stream == "" || parsed.ConsumerGroup == "" {
		return order{}, fmt.Errorf("the order needs stream and consumerGroup, found are %q and %q", parsed.Stream, parsed.ConsumerGroup)
	}
	if parsed.BatchSize < 1 {
		parsed.BatchSize = defaultBatch
	}
	parsed.BatchSize = min(parsed.BatchSize, maxBatch)
	return parsed, nil
}

// message is one signed request on its way to the service.
type message struct {
	ID      string `json:"id"`
	Request struct {
		Headers map[string]string `json:"headers"`
		Octets  string            `json:"octets"`
	} `json:"request"`
}

// reply is what the service answered, as the stream of responses holds it.
type reply struct {
	ID        string        `json:"id"`
	Timestamp time.Time     `json:"timestamp"`
	Response  replyResponse `json:"response"`
}

type replyResponse struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Octets     string            `json:"octets"`
}

// replyHeaders are what the service's signature covers, and the signature.
var replyHeaders = []string{"digest", "date", "signature"}

func parseMessage(data string) (message, error) {
	var parsed message
	if err := json.Unmarshal([]byte(data), &parsed); err != nil {
		return message{}, fmt.Errorf("the message is not JSON: %w", err)
	}
	return parsed, nil
}

// httpRequest makes the request that was signed; its method and path are in the pseudo header (request-target).
func (m message) httpRequest(ctx context.Context, base *url.URL) (*http.Request, error) {
	target := m.Request.Headers["(request-target)"]
	method, path, found := strings.Cut(target, " ")
	if !found || !strings.HasPrefix(path, "/") {
		return nil, fmt.Errorf("the header (request-target) is %q, needed is one like \"post /v1/payments/prepare\"", target)
	}
	reference, err := url.ParseRequestURI(path)
	if err != nil {
		return nil, fmt.Errorf("the header (request-target) has no valid path: %w", err)
	}
	address := url.URL{Scheme: base.Scheme, Host: base.Host, Path: reference.Path, RawPath: reference.RawPath, RawQuery: reference.RawQuery}
	request, err := http.NewRequestWithContext(ctx, strings.ToUpper(method), address.String(), bytes.NewReader([]byte(m.Request.Octets)))
	if err != nil {
		return nil, err
	}
	for name, value := range m.Request.Headers {
		switch strings.ToLower(name) {
		// The service is asked by the name in NITRO_API_BASE, and holds the signature to that.
		case "(request-target)", "content-length", "host":
		default:
			request.Header.Set(name, value)
		}
	}
	return request, nil
}

// outcome says which payment a submit message was about, and its status where that is final.
func outcome(m message, answer []byte) (documentID, finalStatus string) {
	var request struct {
		DocumentID string `json:"documentId"`
	}
	var response struct {
		Data struct {
			Status string `json:"status"`
		} `json:"data"`
	}
	if json.Unmarshal([]byte(m.Request.Octets), &request) != nil || json.Unmarshal(answer, &response) != nil {
		return "", ""
	}
	if status := response.Data.Status; status == "paid" || status == "failed" {
		return request.DocumentID, status
	}
	return "", ""
}
