package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"example.com/nitro-stacks/payments/internal/enclave"
	"example.com/nitro-stacks/payments/internal/httpsig"
)

func TestAPayoutFromPreparedToPaid(t *testing.T) {
	s := newStack(t)
	service := s.run(serviceArgs, s.directory)
	worker := s.run(workerArgs, s.directory)
	s.eventually("the service is unsealed", func() bool {
		info, ok := s.info()
		return ok && !info.Sealed && info.Shares == 2 && strings.HasPrefix(info.Version, "dev-")
	})
	s.eventually("its log tells", func() bool {
		return strings.Contains(service.log.String(), `"message":"zebpayApiKey is loaded in secrets!"`)
	})
	const each = 5
	s.prepare("p", each)
	ids := s.prepared("p", each)
	s.submit("p", ids, 0)
	s.eventually("the first operator's requests are answered", func() bool { return s.answered("submit-p") == each })
	s.submit("p", ids, 1)
	s.eventually("all payments are final", func() bool { return s.counted("p") == each })
	if got, want := s.statuses("p"), (map[string]float64{"paid": each}); !maps.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	for _, p := range []*process{worker, service} {
		p.signal(syscall.SIGTERM)
		if state := p.command.ProcessState; !state.Success() {
			t.Errorf("%v ended with %v", p.command.Args[1:3], state)
		}
	}
}

// Service and worker are killed again and again in the middle of a payout.
func TestNothingIsLostOrPaidTwiceWhenProcessesAreKilled(t *testing.T) {
	s := newStack(t)
	const count = 60
	service, worker := s.run(serviceArgs, s.directory), s.run(workerArgs, s.directory)
	s.prepare("p", count)
	kill := func(n int) {
		if n%2 == 0 {
			service.signal(syscall.SIGKILL)
			service = s.run(serviceArgs, s.directory)
		} else {
			worker.signal(syscall.SIGKILL)
			worker = s.run(workerArgs, s.directory)
		}
	}
	// Each time that a few more messages are answered, one of the two dies.
	whileAnswered := func(stream string, before, total int64) {
		for n, next := 0, before+1; next < total; n, next = n+1, next+(total-before)/9 {
			s.eventually(fmt.Sprintf("%d answers on %s", next, stream), func() bool { return s.answered(stream) >= next })
			kill(n)
		}
		s.eventually("all answers on "+stream, func() bool { return s.answered(stream) >= total })
	}
	whileAnswered("prepare-p", 0, count)
	ids := s.prepared("p", count)
	for operator := range s.operators {
		s.submit("p", ids, operator)
		whileAnswered("submit-p", int64(operator*count), int64((operator+1)*count))
	}
	s.eventually("the orders are finished", func() bool {
		summary, err := s.redis.XPending(t.Context(), "submit-config", "submit-config-wg").Result()
		return err == nil && summary.Count == 0
	})
	if got, want := s.statuses("p"), (map[string]float64{"paid": count}); !maps.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	if prepared, submitted := s.answered("prepare-p"), s.answered("submit-p"); prepared != count || submitted != 2*count {
		t.Errorf("%d answers to prepare, %d to submit; want %d and %d", prepared, submitted, count, 2*count)
	}
	s.everyPaymentPaidOnce(count)
}

func TestAMissingPublicKeyIsAPanic(t *testing.T) {
	s := newStack(t)
	if err := os.Remove(filepath.Join(s.directory, "payment-test", "secrets", "test-operator2.pub")); err != nil {
		t.Fatal(err)
	}
	service := s.run(serviceArgs, s.directory)
	<-service.exited
	if log := service.log.String(); service.command.ProcessState.ExitCode() != 2 || !strings.Contains(log, "panic: the public key of operator test-operator2 is missing") {
		t.Fatalf("exit code %d, log %s", service.command.ProcessState.ExitCode(), log)
	}
}

func TestItAnswersBeforeAnythingElseDoes(t *testing.T) {
	s := newStack(t)
	s.ledger.Kill(t)
	s.aws.SetDown(true)
	s.run(serviceArgs, s.directory)
	s.eventually("the service answers", func() bool {
		response, err := http.Get("http://" + s.address + "/health-check")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	if info, ok := s.info(); !ok || !info.Sealed || info.Shares != 0 {
		t.Fatalf("info is %+v, %v", info, ok)
	}
}

// prepare puts count prepare requests on the payout's stream, and the order.
func (s *stack) prepare(payout string, count int) {
	s.t.Helper()
	for i := range count {
		body := fmt.Sprintf(`{"to":"to-%d","from":"from","amount":"3.27","currency":"BAT","payoutId":%q,"custodian":"dryrun-happypath"}`, i, payout)
		headers := map[string]string{"(request-target)": "post /v1/payments/prepare", "content-type": "application/json", "host": s.address}
		s.message("prepare-"+payout, headers, body)
	}
	s.order("prepare", payout, count)
}

// prepared waits for the answers to prepare, checks their signatures and returns the documents' ids.
func (s *stack) prepared(payout string, count int) []string {
	s.t.Helper()
	s.eventually("all payments are prepared", func() bool { return s.answered("prepare-"+payout) == int64(count) })
	var ids []string
	for _, entry := range s.redis.XRange(s.t.Context(), "prepare-"+payout+"-response", "-", "+").Val() {
		var message struct {
			Response struct {
				StatusCode int
				Headers    map[string]string
				Octets     string
			}
		}
		var details struct{ DocumentID, To, Amount string }
		if err := json.Unmarshal([]byte(entry.Values["data"].(string)), &message); err != nil {
			s.t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(message.Response.Octets), &details); err != nil || details.DocumentID == "" || details.Amount != "3.27" {
			s.t.Fatalf("answer %+v", message)
		}
		header := http.Header{}
		for name, value := range message.Response.Headers {
			header.Set(name, value)
		}
		if err := httpsig.VerifyResponse(header, []byte(message.Response.Octets), enclave.Verify); err != nil {
			s.t.Fatal(err)
		}
		ids = append(ids, details.DocumentID)
	}
	return ids
}

// submit puts an operator's signed requests on the payout's stream, and the order.
func (s *stack) submit(payout string, ids []string, operator int) {
	s.t.Helper()
	for _, id := range ids {
		body := fmt.Sprintf(`{"documentId":%q,"payoutId":%q}`, id, payout)
		request, err := http.NewRequest(http.MethodPost, "http://"+s.address+"/v1/payments/submit", nil)
		if err != nil {
			s.t.Fatal(err)
		}
		if err := httpsig.SignRequest(request, []byte(body), time.Now(), s.operators[operator]); err != nil {
			s.t.Fatal(err)
		}
		headers := map[string]string{"(request-target)": "post /v1/payments/submit", "host": s.address, "content-length": fmt.Sprint(len(body))}
		for name := range request.Header {
			headers[strings.ToLower(name)] = request.Header.Get(name)
		}
		s.message("submit-"+payout, headers, body)
	}
	s.order("submit", payout, len(ids))
}

// answered is how many of a stream's messages have an answer.
func (s *stack) answered(stream string) int64 {
	return s.redis.XLen(s.t.Context(), stream+"-response").Val()
}

func (s *stack) message(stream string, headers map[string]string, body string) {
	s.add(stream, map[string]any{"id": uuid.NewString(), "timestamp": time.Now().UTC(), "request": map[string]any{"headers": headers, "octets": body}})
}

func (s *stack) order(kind, payout string, count int) {
	stream := kind + "-" + payout
	s.add(kind+"-config", map[string]any{"payoutId": payout, "consumerGroup": stream + "-cg", "stream": stream, "count": count, "batchSize": 10})
}

func (s *stack) add(stream string, value any) {
	s.t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.redis.XAdd(s.t.Context(), &redis.XAddArgs{Stream: stream, Values: []string{"data", string(data)}}).Err(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stack) statuses(payout string) map[string]float64 {
	statuses := map[string]float64{}
	for _, score := range s.redis.ZRangeWithScores(s.t.Context(), "submit-"+payout+"-status", 0, -1).Val() {
		statuses[fmt.Sprint(score.Member)] = score.Score
	}
	return statuses
}

// counted is how many payments have a final status.
func (s *stack) counted(payout string) int {
	total := 0.0
	for _, count := range s.statuses(payout) {
		total += count
	}
	return int(total)
}
