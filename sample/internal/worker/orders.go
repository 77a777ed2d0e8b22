package worker

import (
	"context"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/nitro-stacks/payments/internal/clock"
	"example.com/nitro-stacks/payments/internal/contract"
)

const (
	// orderBlock is how long one read of new orders waits.
	orderBlock = time.Second
	// redisPause is the pause after an error of Redis.
	redisPause = 250 * time.Millisecond
)

// orders takes the orders of one stream, one after the other: an order that cannot be finished holds up all that follow.
type orders struct {
	worker        *worker
	stream, group string
}

// follow carries out orders until the context ends. It goes on after every error: Redis may come back, with its data or without.
func (o *orders) follow(ctx context.Context) {
	for ctx.Err() == nil {
		if err := o.take(ctx); ctx.Err() == nil {
			o.worker.log.Error("orders cannot be read", "stream", o.stream, "error", err.Error(), "retryAfter", redisPause.String())
			_ = clock.Sleep(ctx, redisPause)
		}
	}
}

// take carries out what was ordered and not finished, until reading fails; it returns that error, never nil. Unfinished orders are looked at again and again: the reply that told
// of one may have been lost.
func (o *orders) take(ctx context.Context) error {
	w := o.worker
	if err := w.ensureGroup(ctx, o.stream, o.group); err != nil {
		return err
	}
	for {
		if err := w.adopt(ctx, o.stream, o.group); err != nil {
			return err
		}
		for _, from := range []struct {
			start string
			block time.Duration
		}{{"0", noBlock}, {">", orderBlock}} {
			entries, err := w.read(ctx, o.stream, o.group, from.start, 1, from.block)
			if err != nil {
				return err
			}
			for _, entry := range entries {
				o.carryOut(ctx, entry)
			}
		}
	}
}

// carryOut does one order to its end, through any trouble with Redis, and acknowledges it. An order that the context cuts off stays
// unfinished for the next start.
func (o *orders) carryOut(ctx context.Context, entry redis.XMessage) {
	w := o.worker
	log := w.log.With("orders", o.stream, "order", entry.ID)
	data, _ := entry.Values[contract.DataField].(string)
	work, err := parseOrder(data)
	if err != nil {
		log.Error("an order is dropped", "error", err.Error())
	} else {
		log.Info("order begins", "payout", work.PayoutID, "stream", work.Stream, "count", work.Count)
		w.persist(ctx, log, func() error { return w.carry(ctx, work) })
	}
	w.persist(ctx, log, func() error { return w.redis.XAck(ctx, o.stream, o.group, entry.ID).Err() })
	if ctx.Err() == nil {
		log.Info("order done")
	}
}

// persist repeats what Redis failed at until it works or the context ends.
func (w *worker) persist(ctx context.Context, log *slog.Logger, attempt func() error) {
	for ctx.Err() == nil {
		err := attempt()
		if err == nil || ctx.Err() != nil {
			return
		}
		log.Error("an order is held up", "error", err.Error(), "retryAfter", redisPause.String())
		_ = clock.Sleep(ctx, redisPause)
	}
}
