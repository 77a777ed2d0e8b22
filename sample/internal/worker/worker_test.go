package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"example.com/nitro-stacks/payments/internal/jsonlog"
)

// bench is a Redis, a service that the test plays, and workers that can be stopped and started.
type bench struct {
	t     *testing.T
	redis *miniredis.Miniredis
	// client is the test's own, as `nitro pay` and the key-feeder have one.
	client *redis.Client
	// gate is the worker's way to Redis.
	gate    *gate
	service *httptest.Server
	log     *logBuffer

	mutex    sync.Mutex
	requests []received
	answer   func(r received) (code int, header map[string]string, body string)
}

type received struct {
	method, path, host, body string
	header                   http.Header
}

type logBuffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *logBuffer) Write(line []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(line)
}

func (l *logBuffer) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, redis: miniredis.NewMiniRedis(), log: &logBuffer{}}
	b.redis.RequireUserAuth("default", "secret")
	if err := b.redis.Start(); err != nil {
		t.Fatal(err)
	}
	b.gate = newGate(t, b.redis.Addr())
	b.client = redis.NewClient(&redis.Options{Addr: b.redis.Addr(), Username: "default", Password: "secret"})
	b.service = httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(func() {
		b.service.CloseClientConnections()
		b.service.Close()
		_ = b.client.Close()
		b.redis.Close()
		if t.Failed() {
			t.Log(b.log.String())
		}
	})
	b.answerWith(func(received) (int, map[string]string, string) { return http.StatusOK, nil, `{"documentId":"d"}` })
	return b
}

func (b *bench) answerWith(answer func(received) (int, map[string]string, string)) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.answer = answer
}

func (b *bench) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	got := received{r.Method, r.URL.RequestURI(), r.Host, string(body), r.Header}
	b.mutex.Lock()
	b.requests = append(b.requests, got)
	answer := b.answer
	b.mutex.Unlock()
	code, header, text := answer(got)
	for name, value := range header {
		w.Header().Set(name, value)
	}
	w.Header().Set("Signature", "signed by the service")
	w.Header().Set("Digest", "digest of "+text)
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text)
}

func (b *bench) received() []received {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return append([]received(nil), b.requests...)
}

// start runs a worker and returns what stops it and waits for its end.
func (b *bench) start() (stop func()) {
	b.t.Helper()
	environment := map[string]string{
		"NITRO_API_BASE": b.service.URL, "REDIS_ADDR": b.gate.address, "REDIS_USER": "default", "REDIS_PASS": "secret",
	}
	lookup := func(name string) (string, bool) { value, ok := environment[name]; return value, ok }
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, lookup, jsonlog.New(b.log, true)) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			b.t.Errorf("the worker ended with %v", err)
		}
	})
	b.t.Cleanup(stop)
	return stop
}

// put appends a message to a stream and returns its id there.
func (b *bench) put(stream string, id int, path, body string) string {
	b.t.Helper()
	headers := map[string]string{
		"(request-target)": "post " + path, "host": "service:18080", "content-length": fmt.Sprint(len(body)),
		"content-type": "application/json", "signature": fmt.Sprintf("signature %d", id),
	}
	return b.add(stream, map[string]any{"id": fmt.Sprintf("id-%d", id), "timestamp": "2025-11-23T12:00:00Z", "request": map[string]any{"headers": headers, "octets": body}})
}

func (b *bench) order(kind, stream string, count int) string {
	b.t.Helper()
	return b.add(kind+"-config", order{PayoutID: "p", ConsumerGroup: stream + "-cg", Stream: stream, Count: count, BatchSize: 4})
}

func (b *bench) add(stream string, value any) string {
	b.t.Helper()
	text, ok := value.(string)
	if !ok {
		encoded, err := json.Marshal(value)
		if err != nil {
			b.t.Fatal(err)
		}
		text = string(encoded)
	}
	id, err := b.client.XAdd(b.t.Context(), &redis.XAddArgs{Stream: stream, Values: []string{"data", text}}).Result()
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// replies are the answers on a stream of responses.
func (b *bench) replies(stream string) []reply {
	b.t.Helper()
	entries, err := b.client.XRange(b.t.Context(), stream+"-response", "-", "+").Result()
	if err != nil {
		b.t.Fatal(err)
	}
	replies := make([]reply, len(entries))
	for i, entry := range entries {
		if err := json.Unmarshal([]byte(entry.Values["data"].(string)), &replies[i]); err != nil {
			b.t.Fatal(err)
		}
	}
	return replies
}

// finished tells whether a group took all messages of its stream and finished them.
func (b *bench) finished(stream, group string) bool {
	groups, err := b.client.XInfoGroups(b.t.Context(), stream).Result()
	if err != nil {
		return false
	}
	last, err := b.client.XRevRangeN(b.t.Context(), stream, "+", "-", 1).Result()
	return err == nil && len(last) == 1 && len(groups) == 1 && groups[0].Name == group && groups[0].Pending == 0 &&
		groups[0].LastDeliveredID == last[0].ID
}

// eventually waits for something that other goroutines bring about.
func (b *bench) eventually(what string, holds func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("it never came to this: %s", what)
		}
	}
}
