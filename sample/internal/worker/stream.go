package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/nitro-stacks/payments/internal/clock"
)

const (
	// consumer is the same after every restart: what an earlier process took and did not finish is this one's.
	consumer = "0"
	// parallel is how many requests of one stream are under way at once.
	parallel = 8
	// idlePause is the pause between looks at messages that wait for their retry.
	idlePause = 50 * time.Millisecond
	// lateMessages is how long an order that counts more messages than the stream has is kept open for them.
	lateMessages = time.Minute
)

// carry delivers all messages of an order's stream: new ones first, then those that were taken before and not finished. It returns once
// none is left, or with the first error of Redis.
func (w *worker) carry(ctx context.Context, work order) error {
	if err := w.ensureGroup(ctx, work.Stream, work.ConsumerGroup); err != nil {
		return err
	}
	var missingSince time.Time
	for {
		fresh, err := w.read(ctx, work.Stream, work.ConsumerGroup, ">", int64(work.BatchSize), noBlock)
		if err != nil {
			return err
		}
		if len(fresh) > 0 {
			if err := w.deliverAll(ctx, work, fresh); err != nil {
				return err
			}
			continue
		}
		pending, err := w.retryPending(ctx, work)
		if err != nil {
			return err
		}
		if pending > 0 {
			missingSince = time.Time{}
		} else if missingSince.IsZero() {
			missingSince = w.now()
		}
		length, err := w.redis.XLen(ctx, work.Stream).Result()
		if err != nil {
			return err
		}
		switch {
		case pending > 0:
		case length >= int64(work.Count):
			return nil
		case w.now().Sub(missingSince) > lateMessages:
			w.log.Warn("an order counts more messages than its stream has", "stream", work.Stream, "count", work.Count, "found", length)
			return nil
		}
		if err := clock.Sleep(ctx, idlePause); err != nil {
			return err
		}
	}
}

// retryPending delivers this consumer's unfinished messages whose time has come and returns how many were unfinished, with any consumer.
func (w *worker) retryPending(ctx context.Context, work order) (int64, error) {
	summary, err := w.redis.XPending(ctx, work.Stream, work.ConsumerGroup).Result()
	if err != nil || summary.Count == 0 {
		return 0, err
	}
	if summary.Consumers[consumer] < summary.Count {
		if err := w.adopt(ctx, work.Stream, work.ConsumerGroup); err != nil {
			return summary.Count, err
		}
	}
	for start := "0"; ; {
		page, err := w.read(ctx, work.Stream, work.ConsumerGroup, start, int64(work.BatchSize), noBlock)
		if err != nil || len(page) == 0 {
			return summary.Count, err
		}
		start = page[len(page)-1].ID
		due, err := w.due(ctx, page)
		if err != nil {
			return summary.Count, err
		}
		if err := w.deliverAll(ctx, work, due); err != nil {
			return summary.Count, err
		}
	}
}

// due are the messages without a retry-after key.
func (w *worker) due(ctx context.Context, entries []redis.XMessage) ([]redis.XMessage, error) {
	pipeline := w.redis.Pipeline()
	blocked := make([]*redis.IntCmd, len(entries))
	for i, entry := range entries {
		blocked[i] = pipeline.Exists(ctx, retryKey(entry.ID))
	}
	if _, err := pipeline.Exec(ctx); err != nil {
		return nil, err
	}
	var due []redis.XMessage
	for i, entry := range entries {
		if blocked[i].Val() == 0 {
			due = append(due, entry)
		}
	}
	return due, nil
}

// deliverAll delivers messages side by side and returns the first error after all have ended.
func (w *worker) deliverAll(ctx context.Context, work order, entries []redis.XMessage) error {
	var group sync.WaitGroup
	slots := make(chan struct{}, parallel)
	failures := make([]error, len(entries))
	for i, entry := range entries {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			failures[i] = w.deliver(ctx, work, entry)
		})
	}
	group.Wait()
	return errors.Join(failures...)
}
