package worker

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// noBlock makes a read return at once where there is nothing.
const noBlock time.Duration = -1

// orphanIdle is how long a message lies unfinished with another consumer before this one takes it.
const orphanIdle = time.Minute

// ensureGroup makes a consumer group that begins with the stream's first message, and the stream, unless they are there.
func (w *worker) ensureGroup(ctx context.Context, stream, group string) error {
	err := w.redis.XGroupCreateMkStream(ctx, stream, group, "0").Err()
	if err != nil && strings.HasPrefix(err.Error(), "BUSYGROUP") {
		return nil
	}
	return err
}

// read takes messages as this worker's consumer: new ones where start is ">", else its unfinished ones after start.
// No message within the block time is no error.
func (w *worker) read(ctx context.Context, stream, group, start string, count int64, block time.Duration) ([]redis.XMessage, error) {
	streams, err := w.redis.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: group, Consumer: consumer, Streams: []string{stream, start}, Count: count, Block: block,
	}).Result()
	if errors.Is(err, redis.Nil) || (err == nil && len(streams) == 0) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return streams[0].Messages, nil
}

// adopt makes unfinished messages of other consumers this one's, once nobody worked on them for a while: an executable that ran here before
// may have had another name.
func (w *worker) adopt(ctx context.Context, stream, group string) error {
	_, _, err := w.redis.XAutoClaimJustID(ctx, &redis.XAutoClaimArgs{
		Stream: stream, Group: group, Consumer: consumer, MinIdle: orphanIdle, Start: "0-0", Count: 100,
	}).Result()
	return err
}
