// Package worker carries signed requests from Redis streams to the service, and the service's signed answers back.
package worker

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/nitro-stacks/payments/internal/contract"
)

const (
	// stopGrace is what the worker gives itself to stop. Whatever is cut off is delivered again after the next start.
	stopGrace   = 600 * time.Millisecond
	callTimeout = 60 * time.Second
)

type worker struct {
	redis   *redis.Client
	http    *http.Client
	apiBase *url.URL
	now     func() time.Time
	log     *slog.Logger
}

// Run carries out orders until the context ends.
func Run(ctx context.Context, lookup func(string) (string, bool), log *slog.Logger) error {
	settings, err := readSettings(lookup)
	if err != nil {
		return err
	}
	w := newWorker(settings, log)
	var followers sync.WaitGroup
	for _, stream := range [...]string{contract.PrepareOrders, contract.SubmitOrders} {
		taken := &orders{worker: w, stream: stream, group: stream + "-wg"}
		followers.Go(func() { taken.follow(ctx) })
	}
	log.Info("the worker runs", "redis", settings.redis.Addr, "service", settings.apiBase.String())
	<-ctx.Done()
	log.Info("stopping")
	// Closing the connections ends reads that wait for orders.
	_ = w.redis.Close()
	stopped := make(chan struct{})
	go func() { followers.Wait(); close(stopped) }()
	select {
	case <-stopped:
	case <-time.After(stopGrace):
		log.Warn("messages under way were cut off", "after", stopGrace.String())
	}
	return nil
}

func newWorker(settings settings, log *slog.Logger) *worker {
	transport := &http.Transport{MaxIdleConnsPerHost: 4 * parallel, IdleConnTimeout: time.Minute, DisableCompression: true}
	return &worker{
		redis: redis.NewClient(settings.redis), http: &http.Client{Transport: transport, Timeout: callTimeout},
		apiBase: settings.apiBase, now: time.Now, log: log,
	}
}
