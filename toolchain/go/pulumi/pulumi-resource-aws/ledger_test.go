package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const ledgerToken = "aws:qldb/ledger:Ledger"

// controlPlane is this repository's ledger in a process of its own.
func controlPlane(t *testing.T) string {
	t.Helper()
	program, err := filepath.Abs("../../../../ledger/main.ts")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	node := os.Getenv("NODE")
	if node == "" {
		node = "node"
	}
	command := exec.Command(node, program)
	command.Env = append(os.Environ(), "LEDGER_DIR="+t.TempDir(), fmt.Sprintf("LEDGER_PORT=%d", port), "LEDGER_REGION=us-west-2")
	if err := command.Start(); err != nil {
		t.Fatalf("the ledger cannot be started: %v; Node 24 or later is needed on PATH or as NODE", err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		answer, err := http.Get(url + "/healthz")
		if err == nil {
			answer.Body.Close()
			return url
		}
		if time.Now().After(deadline) {
			t.Fatal("the ledger does not answer")
		}
	}
}

func TestLedgerLives(t *testing.T) {
	e := configured(t, "http://127.0.0.1:1", controlPlane(t))
	inputs := properties{
		"name": "nitro-alice", "permissionsMode": "STANDARD", "deletionProtection": false, "tags": properties{"nitro.stack": "alice"},
	}
	ledger := e.mustCreate(ledgerToken, inputs)
	if ledger.id != "nitro-alice" {
		t.Errorf("id %q", ledger.id)
	}
	output := e.plain(ledger.output)
	expected := properties{
		"name": "nitro-alice", "permissionsMode": "STANDARD", "deletionProtection": false, "region": "us-west-2",
		"arn": "arn:aws:qldb:us-west-2:000000000000:ledger/nitro-alice", "kmsKey": "AWS_OWNED_KMS_KEY",
	}
	for name, want := range expected {
		if output[name] != want {
			t.Errorf("%s is %v, expected %v", name, output[name], want)
		}
	}
	if all := output["tagsAll"].(properties); all["nitro.stack"] != "alice" {
		t.Errorf("tagsAll %v", all)
	}
	if diff := e.diff(ledgerToken, ledger, inputs); len(diff.GetDiffs()) > 0 {
		t.Errorf("the same again is a change: %v", diff)
	}

	changed := properties{"name": "nitro-alice", "permissionsMode": "ALLOW_ALL", "deletionProtection": true, "tags": properties{"nitro.owner": "me"}}
	if diff := e.diff(ledgerToken, ledger, changed); len(diff.GetReplaces()) > 0 || len(diff.GetDiffs()) == 0 {
		t.Errorf("a change in place: %v", diff)
	}
	ledger = e.update(ledgerToken, ledger, changed)
	seen := e.plain(e.read(ledgerToken, ledger.id, ledger.output).GetProperties())
	if seen["permissionsMode"] != "ALLOW_ALL" || seen["deletionProtection"] != true {
		t.Errorf("after the update: %v", seen)
	}
	if tags := seen["tags"].(properties); len(tags) != 1 || tags["nitro.owner"] != "me" {
		t.Errorf("tags after the update: %v", tags)
	}
	if err := e.delete(ledgerToken, ledger); err == nil || !strings.Contains(err.Error(), "protected from deletion") {
		t.Errorf("a protected ledger: %v", err)
	}
	ledger = e.update(ledgerToken, ledger, inputs)
	if err := e.delete(ledgerToken, ledger); err != nil {
		t.Fatal(err)
	}
	if gone := e.read(ledgerToken, ledger.id, ledger.output); gone.GetId() != "" {
		t.Errorf("a deleted ledger is still read as %q", gone.GetId())
	}
	if err := e.delete(ledgerToken, ledger); err != nil {
		t.Errorf("deleted twice: %v", err)
	}
}

func TestLedgerIsImported(t *testing.T) {
	e := configured(t, "http://127.0.0.1:1", controlPlane(t))
	e.mustCreate(ledgerToken, properties{"name": "there", "permissionsMode": "STANDARD", "tags": properties{"a": "b"}})
	imported := e.read(ledgerToken, "there", nil)
	inputs := e.plain(imported.GetInputs())
	if imported.GetId() != "there" || inputs["permissionsMode"] != "STANDARD" || inputs["name"] != "there" {
		t.Errorf("id %q, inputs %v", imported.GetId(), inputs)
	}
	if missing := e.read(ledgerToken, "nowhere", nil); missing.GetId() != "" {
		t.Errorf("what does not exist is imported as %q", missing.GetId())
	}
}

func TestLedgerIsReplacedForAnotherName(t *testing.T) {
	e := configured(t, "http://127.0.0.1:1", controlPlane(t))
	ledger := e.mustCreate(ledgerToken, properties{"name": "one", "permissionsMode": "STANDARD"})
	if e.plain(ledger.output)["deletionProtection"] != true {
		t.Error("QLDB's default is to protect")
	}
	if diff := e.diff(ledgerToken, ledger, properties{"name": "two", "permissionsMode": "STANDARD"}); len(diff.GetReplaces()) == 0 {
		t.Errorf("another name: %v", diff)
	}
}

func TestLedgerSaysWhatIsWrong(t *testing.T) {
	e := configured(t, "http://127.0.0.1:1", controlPlane(t))
	_, failures := e.check(ledgerToken, properties{"name": "one", "permissionsMode": "SOME"})
	if len(failures) != 1 || !strings.Contains(failures[0].GetReason(), "permissions_mode") && failures[0].GetProperty() != "permissionsMode" {
		t.Errorf("failures %v", failures)
	}
	e.mustCreate(ledgerToken, properties{"name": "one", "permissionsMode": "STANDARD"})
	_, err := e.create(ledgerToken, properties{"name": "one", "permissionsMode": "STANDARD"})
	if err == nil || !strings.Contains(err.Error(), "creating QLDB Ledger (one)") || !strings.Contains(err.Error(), "ResourceAlreadyExistsException") {
		t.Errorf("a name that is taken: %v", err)
	}
}

func TestEndpointThatDoesNotAnswer(t *testing.T) {
	e := configured(t, "http://127.0.0.1:1", "http://127.0.0.1:1")
	_, err := e.create(ledgerToken, properties{"name": "one", "permissionsMode": "STANDARD"})
	if err == nil || !strings.Contains(err.Error(), "http://127.0.0.1:1/ledgers") || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("error %v", err)
	}
}
