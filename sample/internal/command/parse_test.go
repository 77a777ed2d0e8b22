package command

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	service := "serve nitro inside-enclave --egress-address none --log-address none --upstream-url http://0.0.0.0:8080"
	cases := []struct {
		name, line string
		role       Role
		problem    string
	}{
		{name: "service", line: service, role: Service},
		{name: "worker", line: "serve payments worker", role: Worker},
		{name: "version", line: "version", role: Version},
		{name: "nothing", line: "", problem: "no command was given"},
		{name: "unknown", line: "serve payments", problem: `unknown command "serve payments"`},
		{name: "worker with more", line: "serve payments worker --fast", problem: "unknown command"},
		{name: "unknown flag", line: service + " --fast", problem: "flag provided but not defined: -fast"},
		{name: "argument after flags", line: service + " now", problem: `unexpected argument "now"`},
		{name: "egress", line: "serve nitro inside-enclave --egress-address vm(3):1234", problem: `--egress-address "vm(3):1234"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			parsed, err := Parse(strings.Fields(c.line))
			if c.problem == "" {
				if err != nil || parsed.Role != c.role {
					t.Fatalf("got role %v, error %v; want role %v", parsed.Role, err, c.role)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.problem) || !strings.Contains(err.Error(), "usage:") {
				t.Fatalf("got error %v; want one with %q and the usage", err, c.problem)
			}
		})
	}
}

func TestParseKeepsTheServicesFlags(t *testing.T) {
	parsed, err := Parse(strings.Fields("serve nitro inside-enclave --egress-address none --upstream-url http://0.0.0.0:8080"))
	if err != nil || parsed.EgressAddress != "none" || parsed.UpstreamURL != "http://0.0.0.0:8080" || parsed.LogAddress != "" {
		t.Fatalf("got %+v, error %v", parsed, err)
	}
}
