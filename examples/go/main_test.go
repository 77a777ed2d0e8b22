package main

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"example.com/nitro-stacks/nitrotest"
	"github.com/redis/go-redis/v9"
)

var stack *nitrotest.Stack

// The stack is $NITRO_STACK's, else that of your login name; ./nitro up comes before.
func TestMain(m *testing.M) { os.Exit(nitrotest.Run(m, "", &stack)) }

func connect(t *testing.T) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(stack.Outputs.RedisURL)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestCountsWhatIsPaid(t *testing.T) {
	t.Parallel()
	scope, client := stack.Scope(t), connect(t)
	payout := scope.Payout(nitrotest.PayoutRequest{Count: 3})
	payout.Paid(30 * time.Second)
	if problems := payout.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
	if count, err := paid(t.Context(), client, payout.ID); count != 3 || err != nil {
		t.Errorf("%d are paid, %v", count, err)
	}
}

func TestCountsNothingBeforeBothOperatorsAuthorize(t *testing.T) {
	t.Parallel()
	scope, client := stack.Scope(t), connect(t)
	payout := scope.Payout(nitrotest.PayoutRequest{Manual: true})
	payout.Prepared(30 * time.Second)
	payout.Authorize(1)
	if count, err := paid(t.Context(), client, payout.ID); count != 0 || err != nil {
		t.Errorf("%d are paid, %v", count, err)
	}
	payout.Authorize(2)
	stack.WaitFor(t, "the payment is counted", 30*time.Second, func() error {
		count, err := paid(t.Context(), client, payout.ID)
		if err == nil && count != 1 {
			err = errors.New("not yet")
		}
		return err
	}, nitrotest.Worker, nitrotest.Service)
}

func TestGivesUpWhileRedisIsPausedAndGoesOnAfterwards(t *testing.T) {
	scope, client := stack.Scope(t), connect(t)
	resume := scope.Pause(nitrotest.Redis)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := paid(ctx, client, scope.PayoutID()); err == nil {
		t.Error("a paused Redis has answered")
	}
	resume()
	if _, err := paid(t.Context(), client, scope.PayoutID()); err != nil {
		t.Error(err)
	}
}

func TestPaysOnceThoughTheWorkerCrashes(t *testing.T) {
	scope, client := stack.Scope(t), connect(t)
	payout := scope.Payout(nitrotest.PayoutRequest{Count: 20})
	scope.Crash(nitrotest.Worker)
	payout.Paid(30 * time.Second)
	if count, err := paid(t.Context(), client, payout.ID); count != 20 || err != nil {
		t.Errorf("%d are paid, %v", count, err)
	}
}
