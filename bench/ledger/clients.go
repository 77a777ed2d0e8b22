package main

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// result is what a workload measured; times in milliseconds.
type result struct {
	Operations int     `json:"operations"`
	Seconds    float64 `json:"seconds"`
	P50        float64 `json:"p50"`
	P99        float64 `json:"p99"`
	// CPUSeconds is the processor time of this process while it measured.
	CPUSeconds float64 `json:"cpuSeconds"`
}

// operation is one thing that a client does; number counts up over all clients, from 0.
type operation func(ctx context.Context, client, number int) error

// inParallel lets all clients repeat an operation, first to warm up, then until the time is over.
func inParallel(ctx context.Context, options options, do operation) (result, error) {
	var numbers atomic.Int64
	next := func(client int) error { return do(ctx, client, int(numbers.Add(1)-1)) }
	_, err := each(options.clients, func(client int) ([]time.Duration, error) {
		for range options.warmUp {
			if err := next(client); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	if err != nil {
		return result{}, err
	}
	began, cpu := time.Now(), cpuTime()
	durations, err := each(options.clients, func(client int) ([]time.Duration, error) {
		var own []time.Duration
		for time.Since(began) < options.duration {
			start := time.Now()
			if err := next(client); err != nil {
				return nil, err
			}
			own = append(own, time.Since(start))
		}
		return own, nil
	})
	if err != nil {
		return result{}, err
	}
	return summary(durations, time.Since(began), cpuTime()-cpu), nil
}

// upTo lets all clients share a number of operations, without warming up.
func upTo(ctx context.Context, clients, count int, do operation) (result, error) {
	var numbers atomic.Int64
	began, cpu := time.Now(), cpuTime()
	durations, err := each(clients, func(client int) ([]time.Duration, error) {
		var own []time.Duration
		for {
			number := int(numbers.Add(1) - 1)
			if number >= count {
				return own, nil
			}
			start := time.Now()
			if err := do(ctx, client, number); err != nil {
				return nil, err
			}
			own = append(own, time.Since(start))
		}
	})
	return summary(durations, time.Since(began), cpuTime()-cpu), err
}

// each runs work once for every client, all at once, and joins what they return.
func each(clients int, work func(client int) ([]time.Duration, error)) ([]time.Duration, error) {
	var (
		group sync.WaitGroup
		lock  sync.Mutex
		all   []time.Duration
		first error
	)
	for client := range clients {
		group.Go(func() {
			own, err := work(client)
			lock.Lock()
			defer lock.Unlock()
			all = append(all, own...)
			if first == nil {
				first = err
			}
		})
	}
	group.Wait()
	return all, first
}

func summary(durations []time.Duration, whole, cpu time.Duration) result {
	slices.Sort(durations)
	return result{
		Operations: len(durations),
		Seconds:    whole.Seconds(),
		P50:        percentile(durations, 0.50),
		P99:        percentile(durations, 0.99),
		CPUSeconds: cpu.Seconds(),
	}
}

func percentile(sorted []time.Duration, part float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(part*float64(len(sorted)-1))]) / float64(time.Millisecond)
}

// cpuTime is what this process used of its processors until now.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
