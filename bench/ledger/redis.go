package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// redisInsert sets one key to a small document at a time: the durable write of a Redis that syncs its append-only file always.
func redisInsert(ctx context.Context, options options) (result, error) {
	client := redis.NewClient(&redis.Options{Addr: options.endpoint, PoolSize: options.clients, MinIdleConns: options.clients})
	defer client.Close()
	for _, setting := range [][2]string{{"appendonly", "yes"}, {"appendfsync", "always"}} {
		found, err := client.ConfigGet(ctx, setting[0]).Result()
		if err != nil {
			return result{}, err
		}
		if found[setting[0]] != setting[1] {
			return result{}, fmt.Errorf("%s is %q: a durable Redis has %q", setting[0], found[setting[0]], setting[1])
		}
	}
	return inParallel(ctx, options, func(ctx context.Context, _, number int) error {
		id := paymentID(number)
		document, err := json.Marshal(newPayment(id))
		if err != nil {
			return err
		}
		return client.Set(ctx, id, document, 0).Err()
	})
}
