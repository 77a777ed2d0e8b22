package worker

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestRestartInTheMiddleOfAPayout(t *testing.T) {
	b := newBench(t)
	const count = 30
	var calls atomic.Int32
	hang := make(chan struct{})
	release := sync.OnceFunc(func() { close(hang) })
	t.Cleanup(release)
	b.answerWith(func(received) (int, map[string]string, string) {
		if calls.Add(1) > 10 {
			<-hang // the worker is stopped while these are under way
		}
		return http.StatusOK, nil, "{}"
	})
	for i := range count {
		b.put("prepare-p", i, preparePath, "{}")
	}
	b.order("prepare", "prepare-p", count)
	stop := b.start()
	b.eventually("some requests hang", func() bool { return calls.Load() > 10 })
	stop()
	if answered := len(b.replies("prepare-p")); answered == 0 || answered == count {
		t.Fatalf("%d of %d messages were answered before the restart: it did not fall into the middle", answered, count)
	}
	release()
	b.answerWith(func(received) (int, map[string]string, string) { return http.StatusOK, nil, "{}" })
	b.start()
	b.eventually("order and messages are finished", func() bool {
		return b.finished("prepare-config", "prepare-config-wg") && b.finished("prepare-p", "prepare-p-cg")
	})
	b.eachAnsweredOnce("prepare-p", count)
}

func TestServiceComesBack(t *testing.T) {
	b := newBench(t)
	b.answerWith(func(received) (int, map[string]string, string) { panic(http.ErrAbortHandler) })
	id := b.put("prepare-p", 0, preparePath, "{}")
	b.order("prepare", "prepare-p", 1)
	b.start()
	b.eventually("the message waits for a retry", func() bool { return b.redis.Exists("retry-after-" + id) })
	b.answerWith(func(received) (int, map[string]string, string) { return http.StatusOK, nil, "{}" })
	b.redis.FastForward(time.Second)
	b.eventually("the order is finished", func() bool { return b.finished("prepare-config", "prepare-config-wg") })
	b.eachAnsweredOnce("prepare-p", 1)
}

func TestRedisComesBack(t *testing.T) {
	b := newBench(t)
	b.start()
	b.put("prepare-p", 0, preparePath, "{}")
	b.order("prepare", "prepare-p", 1)
	b.eventually("the first order is finished", func() bool { return b.finished("prepare-config", "prepare-config-wg") })
	b.gate.shut()
	b.put("prepare-p", 1, preparePath, "{}")
	b.order("prepare", "prepare-p", 2)
	b.eventually("the worker misses Redis", func() bool { return strings.Contains(b.log.String(), "orders cannot be read") })
	b.gate.open(t)
	b.eventually("the second order is finished", func() bool { return b.finished("prepare-config", "prepare-config-wg") })
	b.eachAnsweredOnce("prepare-p", 2)
	b.redis.FlushAll()
	b.put("prepare-q", 0, preparePath, "{}")
	b.order("prepare", "prepare-q", 1)
	b.eventually("an order is finished after Redis lost everything", func() bool { return b.finished("prepare-config", "prepare-config-wg") })
	b.eachAnsweredOnce("prepare-q", 1)
}

// Connections break again and again: replies of Redis get lost, whatever the command was.
func TestLostRepliesOfRedis(t *testing.T) {
	b := newBench(t)
	const count = 60
	for i := range count {
		b.put("submit-p", i, submitPath, fmt.Sprintf(`{"documentId":"document-%d","payoutId":"p"}`, i))
	}
	b.answerWith(func(received) (int, map[string]string, string) {
		return http.StatusOK, nil, `{"data":{"status":"paid"}}`
	})
	b.order("submit", "submit-p", count)
	b.start()
	b.eventually("the order is finished", func() bool {
		b.gate.shut()
		b.gate.open(t)
		b.redis.FastForward(defaultRetry)
		return b.finished("submit-config", "submit-config-wg") && b.finished("submit-p", "submit-p-cg")
	})
	b.eachAnsweredOnce("submit-p", count)
	if score, err := b.client.ZScore(t.Context(), "submit-p-status", "paid").Result(); err != nil || score != count {
		t.Errorf("%v payments are counted as paid, error %v, want %d", score, err, count)
	}
}

func TestWhatAnotherConsumerLeftIsTaken(t *testing.T) {
	b := newBench(t)
	began := time.Now()
	b.redis.SetTime(began)
	b.put("prepare-p", 0, preparePath, "{}")
	b.order("prepare", "prepare-p", 1)
	for stream, group := range map[string]string{"prepare-config": "prepare-config-wg", "prepare-p": "prepare-p-cg"} {
		if err := b.client.XGroupCreate(t.Context(), stream, group, "0").Err(); err != nil {
			t.Fatal(err)
		}
		err := b.client.XReadGroup(t.Context(), &redis.XReadGroupArgs{Group: group, Consumer: "gone", Streams: []string{stream, ">"}}).Err()
		if err != nil {
			t.Fatal(err)
		}
	}
	b.start()
	b.eventually("the worker looked for orders", b.looksAgain())
	if requests := b.received(); len(requests) != 0 {
		t.Fatalf("another consumer's fresh message was taken: %v", requests)
	}
	b.redis.SetTime(began.Add(orphanIdle + time.Second))
	b.eventually("order and message are finished", func() bool {
		return b.finished("prepare-config", "prepare-config-wg") && b.finished("prepare-p", "prepare-p-cg")
	})
	b.eachAnsweredOnce("prepare-p", 1)
}

func TestMissingSettings(t *testing.T) {
	if err := Run(t.Context(), func(string) (string, bool) { return "", false }, nil); err == nil ||
		err.Error() != "environment variables are missing: NITRO_API_BASE, REDIS_ADDR" {
		t.Fatalf("got %v", err)
	}
}

func (b *bench) eachAnsweredOnce(stream string, count int) {
	b.t.Helper()
	var got, want []string
	for _, reply := range b.replies(stream) {
		got = append(got, reply.ID)
	}
	for i := range count {
		want = append(want, fmt.Sprintf("id-%d", i))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.t.Errorf("answers on %s: %v, want each of %d once", stream, got, count)
	}
}
