package nitrotest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Stack is a stack that is up. Tests may use it side by side.
type Stack struct {
	Name    string
	Outputs Outputs
	// Parts are the stack's: in ledger mode aws it has no ledger of its own.
	Parts []Part

	connection *connection
	closing    sync.Once
	closed     error
}

// Open opens a stack that is up; with an empty name $NITRO_STACK's, else that of your login name. The error says which command mends it.
func Open(name string) (*Stack, error) {
	root, err := findRoot()
	if err != nil {
		return nil, err
	}
	connection, first, err := connect(root, name)
	if err != nil {
		return nil, err
	}
	return &Stack{Name: first.Stack, Outputs: first.Outputs, Parts: first.Parts, connection: connection}, nil
}

// Close undoes what scopes have left, and ends the connection. The stack stays as it is.
func (s *Stack) Close() error {
	s.closing.Do(func() { s.closed = s.connection.close() })
	return s.closed
}

// Run opens a stack, runs the tests of a package and closes it again: for TestMain. It gives the exit code.
func Run(m *testing.M, name string, stack **Stack) int {
	opened, err := Open(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	*stack = opened
	code := m.Run()
	if err := opened.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// A Reply is what the service answered.
type Reply struct {
	Status int
	Body   []byte
	// Attestation is what the answer's own signature is worth: "attested", "unknown" or "wrong". Only of signed calls.
	Attestation string
}

// client follows no redirect and waits no longer than a service may take.
var client = &http.Client{
	Timeout:       30 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Get asks the service. The test fails where no answer comes; one of any status is an answer.
func (s *Stack) Get(t testing.TB, path string) Reply {
	t.Helper()
	return s.ask(t, http.MethodGet, path, nil)
}

// Post sends a value as JSON. See Get.
func (s *Stack) Post(t testing.TB, path string, body any) Reply {
	t.Helper()
	return s.ask(t, http.MethodPost, path, body)
}

func (s *Stack) ask(t testing.TB, method, path string, body any) Reply {
	t.Helper()
	var sent io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		sent = strings.NewReader(string(text))
	}
	request, err := http.NewRequestWithContext(t.Context(), method, s.Outputs.ServiceURL+path, sent)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("content-type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Reply{Status: response.StatusCode, Body: text}
}

// Signed sends a value as JSON, signed by an operator (1 or 2) as the operators' tools do. See Get.
func (s *Stack) Signed(t testing.TB, operator int, path string, body any) Reply {
	t.Helper()
	var reply struct {
		Status            int
		Text, Attestation string
	}
	s.must(t, "signed", map[string]any{"operator": operator, "path": path, "body": body}, &reply)
	return Reply{Status: reply.Status, Body: []byte(reply.Text), Attestation: reply.Attestation}
}

// Query runs a PartiQL statement on the stack's ledger, in a transaction of its own. Parameters and rows are JSON.
func (s *Stack) Query(t testing.TB, statement string, parameters ...any) []json.RawMessage {
	t.Helper()
	return s.query(t, map[string]any{"statement": statement}, parameters)
}

func (s *Stack) query(t testing.TB, args map[string]any, parameters []any) []json.RawMessage {
	t.Helper()
	if len(parameters) > 0 {
		args["parameters"] = parameters
	}
	var rows []json.RawMessage
	s.must(t, "query", args, &rows)
	return rows
}

// WaitFor tries until the check gives no error, ten times a second. The test fails early, with the last log lines, where a part has ended
// for which it waits; all of the stack by default. A restart or a swap is no end.
func (s *Stack) WaitFor(t testing.TB, what string, timeout time.Duration, check func() error, parts ...Part) {
	t.Helper()
	if err := s.waitFor(what, timeout, check, parts); err != nil {
		t.Fatal(err)
	}
}

func (s *Stack) waitFor(what string, timeout time.Duration, check func() error, parts []Part) error {
	args := map[string]any{"what": what}
	if len(parts) > 0 {
		args["parts"] = parts
	}
	ended, cancel, err := s.connection.begin("watch", args)
	if err != nil {
		return err
	}
	defer cancel()
	late := time.After(timeout)
	for {
		// A check may hang on what has ended.
		result := make(chan error, 1)
		go func() { result <- check() }()
		last := errors.New("the check did not end")
		select {
		case last = <-result:
			if last == nil {
				return nil
			}
		case a := <-ended:
			return a.Error
		case <-s.connection.gone:
			return s.connection.ended()
		case <-late:
			return fmt.Errorf("waited %v in vain: %s (last: %w)", timeout, what, last)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case a := <-ended:
			return a.Error
		case <-s.connection.gone:
			return s.connection.ended()
		case <-late:
			return fmt.Errorf("waited %v in vain: %s (last: %w)", timeout, what, last)
		}
	}
}

// must makes a call; the test fails where it does.
func (s *Stack) must(t testing.TB, call string, args, result any) {
	t.Helper()
	if err := s.connection.call(call, args, result); err != nil {
		t.Fatal(err)
	}
}
