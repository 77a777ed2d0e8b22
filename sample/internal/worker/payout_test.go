package worker

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	preparePath = "/v1/payments/prepare"
	submitPath  = "/v1/payments/submit"
)

func TestPrepareOrder(t *testing.T) {
	b := newBench(t)
	b.answerWith(func(r received) (int, map[string]string, string) { return http.StatusOK, nil, "answer to " + r.body })
	for i := range 10 {
		b.put("prepare-p", i, preparePath, fmt.Sprintf("body %d", i))
	}
	b.order("prepare", "prepare-p", 10)
	b.start()
	b.eventually("order and messages are finished", func() bool {
		return b.finished("prepare-config", "prepare-config-wg") && b.finished("prepare-p", "prepare-p-cg")
	})
	answers := map[string]string{}
	for _, reply := range b.replies("prepare-p") {
		answers[reply.ID] = reply.Response.Octets
		headers := reply.Response.Headers
		if reply.Response.StatusCode != http.StatusOK || headers["signature"] != "signed by the service" ||
			headers["digest"] != "digest of "+reply.Response.Octets || headers["date"] == "" || reply.Timestamp.IsZero() {
			t.Errorf("reply %+v", reply)
		}
	}
	for i := range 10 {
		if got, want := answers[fmt.Sprintf("id-%d", i)], fmt.Sprintf("answer to body %d", i); got != want {
			t.Errorf("message %d: answer %q, want %q", i, got, want)
		}
	}
	requests := b.received()
	if len(requests) != 10 || len(answers) != 10 {
		t.Fatalf("%d requests, %d answers, want 10 of both", len(requests), len(answers))
	}
	for _, r := range requests {
		if r.method != http.MethodPost || r.path != preparePath || "http://"+r.host != b.service.URL ||
			r.header.Get("Content-Type") != "application/json" || !strings.HasPrefix(r.header.Get("Signature"), "signature ") {
			t.Errorf("request %+v", r)
		}
	}
}

func TestFinalStatusesAreCountedOncePerPayment(t *testing.T) {
	b := newBench(t)
	submit := func(i int, document, status string) {
		b.put("submit-p", i, submitPath, fmt.Sprintf(`{"documentId":%q,"payoutId":"p","status":%q}`, document, status))
	}
	b.answerWith(func(r received) (int, map[string]string, string) {
		status := strings.Split(r.body, `"`)[11]
		return http.StatusOK, nil, fmt.Sprintf(`{"message":"submitted","code":200,"data":{"status":%q}}`, status)
	})
	for i, document := range []string{"a", "b", "c"} {
		submit(i, document, "prepared")
	}
	submit(3, "a", "paid")
	submit(4, "a", "paid")
	submit(5, "b", "paid")
	submit(6, "c", "failed")
	b.order("submit", "submit-p", 4)
	b.order("submit", "submit-p", 3)
	b.start()
	b.eventually("both orders are finished", func() bool { return b.finished("submit-config", "submit-config-wg") })
	if got := len(b.replies("submit-p")); got != 7 || len(b.received()) != 7 {
		t.Errorf("%d replies to %d requests, want 7 of both", got, len(b.received()))
	}
	scores, err := b.client.ZRangeWithScores(t.Context(), "submit-p-status", 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	got := map[any]float64{}
	for _, score := range scores {
		got[score.Member] = score.Score
	}
	if want := map[any]float64{"paid": 2, "failed": 1}; !maps.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}

func TestRetryAfter(t *testing.T) {
	cases := []struct {
		header string
		ttl    time.Duration
	}{{"", time.Second}, {"30", 30 * time.Second}, {"soon", time.Second}}
	for _, c := range cases {
		t.Run("x-retry-after "+c.header, func(t *testing.T) {
			b := newBench(t)
			var calls atomic.Int32
			b.answerWith(func(received) (int, map[string]string, string) {
				if calls.Add(1) == 1 {
					return http.StatusInternalServerError, map[string]string{"X-Retry-After": c.header}, "later"
				}
				return http.StatusOK, nil, "{}"
			})
			id := b.put("prepare-p", 1, preparePath, "{}")
			order := b.order("prepare", "prepare-p", 1)
			b.start()
			b.eventually("the retry-after key is set", func() bool { return b.redis.Exists("retry-after-" + id) })
			if got := b.redis.TTL("retry-after-" + id); got != c.ttl {
				t.Errorf("the key lives %s, want %s", got, c.ttl)
			}
			b.redis.FastForward(c.ttl - time.Millisecond)
			b.eventually("the worker looked at the pending message again", b.looksAgain())
			if got := calls.Load(); got != 1 {
				t.Errorf("%d calls before the key expired, want 1", got)
			}
			if pending := b.pending("prepare-config"); !slices.Contains(pending, order) {
				t.Errorf("the order is done although a message is not: pending are %v", pending)
			}
			b.redis.FastForward(time.Millisecond)
			b.eventually("the order is finished", func() bool { return b.finished("prepare-config", "prepare-config-wg") })
			if replies := b.replies("prepare-p"); calls.Load() != 2 || len(replies) != 1 || replies[0].Response.StatusCode != http.StatusOK {
				t.Errorf("%d calls, replies %+v", calls.Load(), replies)
			}
		})
	}
}

func TestRetryAtOnce(t *testing.T) {
	b := newBench(t)
	var calls atomic.Int32
	b.answerWith(func(received) (int, map[string]string, string) {
		if calls.Add(1) < 4 {
			return http.StatusServiceUnavailable, map[string]string{"X-Retry-After": "0"}, "again"
		}
		return http.StatusOK, nil, "{}"
	})
	id := b.put("prepare-p", 1, preparePath, "{}")
	b.order("prepare", "prepare-p", 1)
	b.start()
	b.eventually("the order is finished", func() bool { return b.finished("prepare-config", "prepare-config-wg") })
	if calls.Load() != 4 || b.redis.Exists("retry-after-"+id) {
		t.Errorf("%d calls, retry-after key %v", calls.Load(), b.redis.Exists("retry-after-"+id))
	}
}

func TestAnOrderThatCannotBeFinishedHoldsUpTheNextOfItsKind(t *testing.T) {
	b := newBench(t)
	var refused atomic.Bool
	refused.Store(true)
	b.answerWith(func(r received) (int, map[string]string, string) {
		if r.body == "never" && refused.Load() {
			return http.StatusBadRequest, map[string]string{"X-Retry-After": "0"}, "no"
		}
		return http.StatusOK, nil, "{}"
	})
	b.put("prepare-p", 1, preparePath, "never")
	b.put("prepare-q", 2, preparePath, "{}")
	b.put("submit-p", 3, submitPath, "{}")
	b.order("prepare", "prepare-p", 1)
	second := b.order("prepare", "prepare-q", 1)
	b.order("submit", "submit-p", 1)
	b.start()
	b.eventually("the order of the other kind is finished", func() bool { return b.finished("submit-config", "submit-config-wg") })
	b.eventually("the worker tries again and again", func() bool { return len(b.received()) > 10 })
	if replies := b.replies("prepare-q"); len(replies) != 0 || slices.Contains(b.pending("prepare-config"), second) {
		t.Errorf("the second order was taken: replies %+v", replies)
	}
	refused.Store(false)
	b.eventually("both are finished", func() bool {
		return b.finished("prepare-config", "prepare-config-wg") && len(b.replies("prepare-q")) == 1
	})
}

func TestGarbageHoldsNothingUp(t *testing.T) {
	b := newBench(t)
	b.add("prepare-config", "not JSON")
	b.add("prepare-config", `{"payoutId":"p"}`)
	b.add("prepare-p", "not JSON")
	b.add("prepare-p", `{"id":"x","request":{"headers":{"(request-target)":"nonsense"},"octets":""}}`)
	b.put("prepare-p", 1, preparePath, "{}")
	b.order("prepare", "prepare-p", 3)
	b.start()
	b.eventually("all orders and messages are finished", func() bool {
		return b.finished("prepare-config", "prepare-config-wg") && b.finished("prepare-p", "prepare-p-cg")
	})
	if replies := b.replies("prepare-p"); len(replies) != 1 || replies[0].ID != "id-1" {
		t.Errorf("replies %+v", replies)
	}
}

// looksAgain returns a condition: since now, Redis carried out so many commands that the worker looked at its pending messages again.
func (b *bench) looksAgain() func() bool {
	const roundOfWorker = 10
	before := b.redis.CommandCount()
	return func() bool { return b.redis.CommandCount() > before+2*roundOfWorker }
}

func (b *bench) pending(stream string) []string {
	entries, err := b.client.XPendingExt(b.t.Context(), &redis.XPendingExtArgs{
		Stream: stream, Group: stream + "-wg", Start: "-", End: "+", Count: 100,
	}).Result()
	if err != nil {
		b.t.Fatal(err)
	}
	ids := make([]string, len(entries))
	for i, entry := range entries {
		ids[i] = entry.ID
	}
	return ids
}
