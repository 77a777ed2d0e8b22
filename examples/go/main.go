// Paid tells how many payments of a payout are paid: paid redis://… PAYOUT
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/redis/go-redis/v9"
)

// paid counts a payout's payments that are paid.
func paid(ctx context.Context, client *redis.Client, payoutID string) (int, error) {
	count, err := client.ZScore(ctx, "submit-"+payoutID+"-status", "paid").Result()
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	return int(count), err
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: paid redis://USER:PASSWORD@HOST:PORT PAYOUT")
		os.Exit(2)
	}
	options, err := redis.ParseURL(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	count, err := paid(context.Background(), redis.NewClient(options), os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(count)
}
