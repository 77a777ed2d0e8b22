// Command payments is the executable that a stack runs when none is configured: one program that is the payments service or its
// worker, depending on its arguments. Both follow the protocols of a production payments service; no custodian of it moves money.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"example.com/nitro-stacks/payments/internal/build"
	"example.com/nitro-stacks/payments/internal/command"
	"example.com/nitro-stacks/payments/internal/jsonlog"
	"example.com/nitro-stacks/payments/internal/service"
	"example.com/nitro-stacks/payments/internal/worker"
)

// version is set with: go build -ldflags "-X main.version=1.2.3". Without it the version is made from the executable's content.
var version string

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	parsed, err := command.Parse(args)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	log := jsonlog.New(os.Stderr, os.Getenv("DEBUG") != "")
	info := build.New(version)
	switch parsed.Role {
	case command.Service:
		return service.Run(ctx, os.LookupEnv, info, log)
	case command.Worker:
		return worker.Run(ctx, os.LookupEnv, log)
	default:
		_, err := fmt.Println(info.Version())
		return err
	}
}
