// Package ledgertest runs this repository's ledger as a child process of a test.
package ledgertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/qldbsession"
)

// Name is the ledger's name.
const Name = "test-ledger"

const startTimeout = 30 * time.Second

// Process is a running ledger.
type Process struct {
	URL string

	program, directory, port string
	log                      *lockedBuffer
	command                  *exec.Cmd
	// exited is closed when the process has ended.
	exited chan struct{}
}

// Start runs an empty ledger until the test ends.
func Start(t *testing.T) *Process {
	t.Helper()
	program, err := mainProgram()
	if err != nil {
		t.Fatal(err)
	}
	port := FreePort(t)
	p := &Process{URL: "http://127.0.0.1:" + port, program: program, directory: t.TempDir(), port: port, log: &lockedBuffer{}}
	t.Cleanup(func() {
		p.end(t, syscall.SIGKILL)
		if t.Failed() {
			t.Logf("log of the ledger:\n%s", p.log)
		}
	})
	p.Run(t)
	return p
}

// Run starts the process and waits until it answers.
func (p *Process) Run(t *testing.T) {
	t.Helper()
	node := os.Getenv("NODE")
	if node == "" {
		node = "node"
	}
	p.command = exec.Command(node, p.program)
	p.command.Env = append(os.Environ(), "LEDGER_NAME="+Name, "LEDGER_DIR="+p.directory, "LEDGER_PORT="+p.port, "LEDGER_HOST=127.0.0.1",
		"LEDGER_REGION=us-west-2", "LEDGER_ACCOUNT=000000000000")
	p.command.Stderr, p.command.Stdout = p.log, p.log
	if err := p.command.Start(); err != nil {
		t.Fatalf("the ledger cannot be started: %v; Node 24 or later is needed on PATH or as NODE", err)
	}
	command, exited := p.command, make(chan struct{})
	p.exited = exited
	go func() { _ = command.Wait(); close(exited) }()
	for deadline := time.After(startTimeout); !p.ready(); {
		select {
		case <-exited:
			t.Fatalf("the ledger ended at its start (%s); Node 24 or later is needed on PATH or as NODE", command.ProcessState)
		case <-deadline:
			t.Fatalf("the ledger does not answer at %s", p.URL)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// Kill ends the process as a crash would; what it acknowledged is on disk.
func (p *Process) Kill(t *testing.T) { p.end(t, syscall.SIGKILL) }

// Empty takes everything away that the ledger wrote; it must not run.
func (p *Process) Empty(t *testing.T) {
	t.Helper()
	p.directory = t.TempDir()
}

// Client makes a client of the ledger with the official SDK, as it comes.
func (p *Process) Client(t *testing.T) *qldbsession.Client {
	t.Helper()
	return qldbsession.NewFromConfig(p.config(t))
}

func (p *Process) config(t *testing.T) aws.Config {
	t.Helper()
	loaded, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("us-west-2"), config.WithBaseEndpoint(p.URL),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")))
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func (p *Process) end(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if p.exited == nil {
		return
	}
	if err := p.command.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("the ledger cannot be stopped: %v", err)
	}
	<-p.exited
	p.exited = nil
}

func (p *Process) ready() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/healthz", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// mainProgram finds ledger/main.ts in a folder above.
func mainProgram() (string, error) {
	directory, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; directory != filepath.Dir(directory); directory = filepath.Dir(directory) {
		path := filepath.Join(directory, "ledger", "main.ts")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no folder above holds ledger/main.ts")
}

type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}
