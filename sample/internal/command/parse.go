// Package command reads the command lines that a stack starts the executable with.
package command

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// Role is the part that the process plays.
type Role int

const (
	// Service answers HTTP requests.
	Service Role = iota + 1
	// Worker carries requests from Redis streams to the service.
	Worker
	// Version prints the version and ends.
	Version
)

// Command is a command line that was understood.
type Command struct {
	Role Role
	// EgressAddress, LogAddress and UpstreamURL speak of the enclave's proxies. Without an enclave they are accepted and unused.
	EgressAddress, LogAddress, UpstreamURL string
}

const usage = `usage:
  payments serve nitro inside-enclave --egress-address none --log-address none --upstream-url http://0.0.0.0:8080
  payments serve payments worker
  payments version`

// Parse reads the arguments after the program's name. The error of a command line that is not one of the three shows all three.
func Parse(args []string) (Command, error) {
	switch {
	case startsWith(args, "serve", "nitro", "inside-enclave"):
		return parseService(args[3:])
	case startsWith(args, "serve", "payments", "worker") && len(args) == 3:
		return Command{Role: Worker}, nil
	case startsWith(args, "version") && len(args) == 1:
		return Command{Role: Version}, nil
	case len(args) == 0:
		return Command{}, errors.New("no command was given\n" + usage)
	default:
		return Command{}, fmt.Errorf("unknown command %q\n%s", strings.Join(args, " "), usage)
	}
}

func parseService(args []string) (Command, error) {
	command := Command{Role: Service}
	flags := flag.NewFlagSet("serve nitro inside-enclave", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&command.EgressAddress, "egress-address", "", "")
	flags.StringVar(&command.LogAddress, "log-address", "", "")
	flags.StringVar(&command.UpstreamURL, "upstream-url", "", "")
	if err := flags.Parse(args); err != nil {
		return Command{}, fmt.Errorf("serve nitro inside-enclave: %w\n%s", err, usage)
	}
	if flags.NArg() > 0 {
		return Command{}, fmt.Errorf("serve nitro inside-enclave: unexpected argument %q\n%s", flags.Arg(0), usage)
	}
	for name, value := range map[string]string{"egress-address": command.EgressAddress, "log-address": command.LogAddress} {
		if value != "" && value != "none" {
			return Command{}, fmt.Errorf("--%s %q: there is no enclave and so no proxy, only \"none\" is allowed\n%s", name, value, usage)
		}
	}
	return command, nil
}

func startsWith(args []string, words ...string) bool {
	if len(args) < len(words) {
		return false
	}
	for i, word := range words {
		if args[i] != word {
			return false
		}
	}
	return true
}
