// Command bench-ledger is the Go client of the ledger's benchmarks: it runs one workload through Amazon's driver, or the same on Redis,
// and prints what it measured as one line of JSON.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	var options options
	flag.StringVar(&options.workload, "workload", "", "ledger-insert, ledger-fill, ledger-read or redis-insert")
	flag.StringVar(&options.endpoint, "endpoint", "", "of the ledger a URL, of Redis host:port")
	flag.StringVar(&options.ledger, "ledger", "bench", "name of the ledger")
	flag.StringVar(&options.table, "table", "payments", "name of the table, made where it is not there")
	flag.IntVar(&options.clients, "clients", 1, "transactions at once")
	flag.IntVar(&options.warmUp, "warm-up", 200, "operations of each client before the clock starts")
	flag.IntVar(&options.documents, "documents", 0, "how many the table has, or gets")
	flag.DurationVar(&options.duration, "duration", 5*time.Second, "how long to measure")
	flag.Parse()
	if err := run(context.Background(), options); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type options struct {
	workload, endpoint, ledger, table string
	clients, warmUp, documents        int
	duration                          time.Duration
}

func run(ctx context.Context, options options) error {
	measured, err := measure(ctx, options)
	if err != nil {
		return fmt.Errorf("%s: %w", options.workload, err)
	}
	return json.NewEncoder(os.Stdout).Encode(measured)
}

func measure(ctx context.Context, options options) (result, error) {
	switch options.workload {
	case "redis-insert":
		return redisInsert(ctx, options)
	case "ledger-insert", "ledger-fill", "ledger-read":
		return ledgerWorkload(ctx, options)
	}
	return result{}, fmt.Errorf("there is no such workload; allowed are ledger-insert, ledger-fill, ledger-read, redis-insert")
}
