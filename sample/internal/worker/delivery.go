package worker

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/nitro-stacks/payments/internal/contract"
)

const (
	maxAnswer    = 4 << 20
	defaultRetry = time.Second
)

// finish acknowledges a message and records its answer, all or nothing. Running it again for the same message changes nothing, so neither
// a lost reply of Redis nor a second worker makes a second answer, and a payment's final status is counted once.
//
// KEYS: stream, stream of responses, sorted set of final statuses, set of documents counted there.
// ARGV: group, message, answer as JSON, document id, final status or empty.
var finish = redis.NewScript(`
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', '` + contract.DataField + `', ARGV[3])
if ARGV[5] ~= '' and redis.call('SADD', KEYS[4], ARGV[4]) == 1 then
  redis.call('ZINCRBY', KEYS[3], 1, ARGV[5])
end
return 1`)

// deliver posts one message to the service. Answered with 200, the message is done; otherwise it stays pending and its retry-after key
// says when it may be tried again.
func (w *worker) deliver(ctx context.Context, work order, entry redis.XMessage) error {
	data, _ := entry.Values[contract.DataField].(string)
	parsed, err := parseMessage(data)
	if err != nil {
		return w.drop(ctx, work, entry.ID, err)
	}
	request, err := parsed.httpRequest(ctx, w.apiBase)
	if err != nil {
		return w.drop(ctx, work, entry.ID, err)
	}
	response, body, err := w.post(request)
	if err != nil {
		return w.retryLater(ctx, entry.ID, defaultRetry, err)
	}
	if response.StatusCode != http.StatusOK {
		err := fmt.Errorf("the service answered %d: %s", response.StatusCode, shortened(body))
		return w.retryLater(ctx, entry.ID, retryDelay(response.Header), err)
	}
	answer := reply{ID: parsed.ID, Timestamp: w.now().UTC(), Response: replyResponse{
		StatusCode: response.StatusCode, Headers: map[string]string{}, Octets: string(body),
	}}
	for _, name := range replyHeaders {
		answer.Response.Headers[name] = response.Header.Get(name)
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	documentID, status := outcome(parsed, body)
	keys := []string{work.Stream, work.Stream + contract.ResponseSuffix, work.Stream + "-status", work.Stream + "-status-documents"}
	return finish.Run(ctx, w.redis, keys, work.ConsumerGroup, entry.ID, text, documentID, status).Err()
}

func (w *worker) post(request *http.Request) (*http.Response, []byte, error) {
	response, err := w.http.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response, body, err
}

// drop acknowledges a message that can never become a request.
func (w *worker) drop(ctx context.Context, work order, id string, problem error) error {
	w.log.Error("a message is dropped", "stream", work.Stream, "id", id, "error", problem.Error())
	return w.redis.XAck(ctx, work.Stream, work.ConsumerGroup, id).Err()
}

func (w *worker) retryLater(ctx context.Context, id string, delay time.Duration, cause error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	w.log.Warn("a message is tried again later", "id", id, "after", delay.String(), "error", cause.Error())
	if delay <= 0 {
		return nil
	}
	return w.redis.Set(ctx, retryKey(id), "", delay).Err()
}

func retryKey(id string) string { return "retry-after-" + id }

func retryDelay(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("X-Retry-After"))
	if err != nil || seconds < 0 {
		return defaultRetry
	}
	return time.Duration(seconds) * time.Second
}

func shortened(body []byte) string {
	const limit = 300
	return string(body[:min(len(body), limit)])
}
