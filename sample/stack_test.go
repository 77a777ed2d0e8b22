package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"golang.org/x/crypto/ssh"

	"example.com/nitro-stacks/payments/internal/awstest"
	"example.com/nitro-stacks/payments/internal/ledgertest"
	"example.com/nitro-stacks/payments/internal/shamir"
)

const asProgram = "PAYMENTS_TEST_RUNS_MAIN"

// TestMain lets the test executable be the program: its child processes are.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var (
	serviceArgs = strings.Fields("serve nitro inside-enclave --egress-address none --log-address none --upstream-url http://0.0.0.0:8080")
	workerArgs  = strings.Fields("serve payments worker")
)

// stack is everything around the program, and the working directory it runs in.
type stack struct {
	t         *testing.T
	aws       *awstest.Server
	ledger    *ledgertest.Process
	miniredis *miniredis.Miniredis
	redis     *redis.Client
	directory string
	address   string
	operators [2]ed25519.PrivateKey
}

func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{t: t, aws: awstest.Start(t), ledger: ledgertest.Start(t), miniredis: miniredis.NewMiniRedis(), directory: t.TempDir(), address: "127.0.0.1:" + ledgertest.FreePort(t)}
	s.miniredis.RequireUserAuth("default", "secret")
	if err := s.miniredis.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.miniredis.Close)
	s.redis = redis.NewClient(&redis.Options{Addr: s.miniredis.Addr(), Username: "default", Password: "secret"})
	secrets := filepath.Join(s.directory, "payment-test", "secrets")
	if err := os.MkdirAll(secrets, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"test-operator.pub", "test-operator2.pub"} {
		s.operators[i] = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(i + 1)}, ed25519.SeedSize))
		public, err := ssh.NewPublicKey(s.operators[i].Public())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(secrets, name), ssh.MarshalAuthorizedKey(public), 0o444); err != nil {
			t.Fatal(err)
		}
	}
	s.feedKeys()
	return s
}

// feedKeys does what the key-feeder does.
func (s *stack) feedKeys() {
	s.t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		s.t.Fatal(err)
	}
	shares, err := shamir.Split([]byte(identity.String()), 2, 2)
	if err != nil {
		s.t.Fatal(err)
	}
	for i, share := range shares {
		key := fmt.Sprintf("%s/operator-share_%d.json", strings.Repeat("abc2", 24), i)
		s.aws.Put("shares", key, []byte(base64.StdEncoding.EncodeToString(share)))
	}
	var config bytes.Buffer
	writer, err := age.Encrypt(&config, identity.Recipient())
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := writer.Write([]byte(`{"zebpayApiKey":"made up"}`)); err != nil {
		s.t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		s.t.Fatal(err)
	}
	s.aws.Put("config", "secrets.age", config.Bytes())
}

// process is one run of the program.
type process struct {
	command *exec.Cmd
	log     *syncBuffer
	exited  chan struct{}
}

func (s *stack) run(args []string, directory string) *process {
	s.t.Helper()
	executable, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	p := &process{command: exec.Command(executable, args...), log: &syncBuffer{}, exited: make(chan struct{})}
	p.command.Dir = directory
	p.command.Stderr, p.command.Stdout = p.log, p.log
	p.command.Env = []string{
		asProgram + "=1", "NITRO_ENCLAVE_MOCKING=1", "ADDR=" + s.address, "DEBUG=1", "ENV=development", "ENVIRONMENT=development",
		"AWS_REGION=us-west-2", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_ENDPOINT_URL=" + s.aws.URL, "AWS_ENDPOINT_URL_S3=" + s.aws.URL,
		"AWS_ENDPOINT_URL_QLDB_SESSION=" + s.ledger.URL, "QLDB_LEDGER_NAME=" + ledgertest.Name, "QLDB_ROLE_ARN=arn:aws:iam::000000000000:role/test",
		"ENCLAVE_CONFIG_BUCKET_NAME=config", "ENCLAVE_CONFIG_OBJECT_NAME=secrets.age", "ENCLAVE_OPERATOR_SHARES_BUCKET_NAME=shares", "ENCLAVE_SOLANA_ADDRESS_NAME=",
		"NITRO_API_BASE=http://" + s.address, "REDIS_ADDR=" + s.miniredis.Addr(), "REDIS_USER=default", "REDIS_PASS=secret",
	}
	if err := p.command.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { _ = p.command.Wait(); close(p.exited) }()
	s.t.Cleanup(func() {
		p.signal(syscall.SIGKILL)
		if s.t.Failed() {
			s.t.Logf("%s %v:\n%s", args[1], p.command.ProcessState, p.log)
		}
	})
	return p
}

// signal sends a signal and waits for the process's end.
func (p *process) signal(signal syscall.Signal) {
	_ = p.command.Process.Signal(signal)
	<-p.exited
}

// info asks the service; ok is false while it does not answer.
func (s *stack) info() (answer struct {
	Sealed  bool
	Shares  int
	Version string
}, ok bool) {
	response, err := http.Get("http://" + s.address + "/v1/payments/info")
	if err != nil {
		return answer, false
	}
	defer response.Body.Close()
	return answer, json.NewDecoder(response.Body).Decode(&answer) == nil && response.StatusCode == http.StatusOK
}

// eventually waits for something that the processes bring about. Keys of this Redis expire by its own clock, which runs ahead here.
func (s *stack) eventually(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		s.miniredis.FastForward(100 * time.Millisecond)
		if time.Now().After(deadline) {
			s.t.Fatalf("it never came to this: %s", what)
		}
	}
}

type syncBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(data []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(data)
}

func (b *syncBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}
