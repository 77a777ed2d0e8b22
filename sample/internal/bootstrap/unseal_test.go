package bootstrap

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"example.com/nitro-stacks/payments/internal/awsclient"
	"example.com/nitro-stacks/payments/internal/awstest"
	"example.com/nitro-stacks/payments/internal/jsonlog"
	"example.com/nitro-stacks/payments/internal/shamir"
)

// folder is hex(PCR2), written out.
var folder = strings.Repeat("abc2", 24)

type fixture struct {
	server   *awstest.Server
	unsealer *Unsealer
	log      *bytes.Buffer
	shares   [][]byte
	config   []byte
	// pauses are the waits that were asked for; before each returns, onPause runs with its number.
	pauses  []time.Duration
	onPause func(n int)
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{server: awstest.Start(t), log: &bytes.Buffer{}, onPause: func(int) {}}
	clients, err := awsclient.New(t.Context(), "arn:aws:iam::000000000000:role/test", false)
	if err != nil {
		t.Fatal(err)
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if f.shares, err = shamir.Split([]byte(identity.String()), 2, 2); err != nil {
		t.Fatal(err)
	}
	f.config = encrypted(t, identity.Recipient(), `{"zebpayApiKey":"k1","alpha":"k2"}`)
	f.unsealer = &Unsealer{
		S3: clients.S3, SharesBucket: "shares", ConfigBucket: "config", ConfigObject: "secrets.age", Log: jsonlog.New(f.log, true),
		Wait: func(ctx context.Context, pause time.Duration) error {
			f.pauses = append(f.pauses, pause)
			f.onPause(len(f.pauses))
			if len(f.pauses) > 10 {
				return errors.New("it waits for ever")
			}
			return ctx.Err()
		},
	}
	return f
}

func encrypted(t *testing.T, recipient age.Recipient, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	writer, err := age.Encrypt(&out, recipient)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (f *fixture) putShare(i int) {
	name := []string{"operator-share_test-operator.json", "operator-share_test-operator2.json"}[i]
	f.server.Put("shares", folder+"/"+name, []byte(base64.StdEncoding.EncodeToString(f.shares[i])+"\n"))
}

func (f *fixture) messages(t *testing.T) []string {
	t.Helper()
	var messages []string
	for decoder := json.NewDecoder(f.log); decoder.More(); {
		var line struct{ Message string }
		if err := decoder.Decode(&line); err != nil {
			t.Fatal(err)
		}
		messages = append(messages, line.Message)
	}
	return messages
}

func TestUnsealsAtOnce(t *testing.T) {
	f := newFixture(t)
	f.putShare(0)
	f.putShare(1)
	f.server.Put("shares", "elsewhere/operator-share_x", []byte("not a share of this enclave"))
	f.server.Put("config", "secrets.age", f.config)
	if status := f.unsealer.Status(); !status.Sealed {
		t.Fatalf("before: %+v", status)
	}
	if err := f.unsealer.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status := f.unsealer.Status(); status.Sealed || status.Shares != 2 || len(f.pauses) != 0 {
		t.Fatalf("status %+v after pauses %v", status, f.pauses)
	}
	if got, want := f.messages(t), []string{"alpha is loaded in secrets!", "zebpayApiKey is loaded in secrets!"}; !slices.Equal(got, want) {
		t.Fatalf("log %q, want %q", got, want)
	}
	if _, known := f.unsealer.Recipient(); !known {
		t.Fatal("unsealed, but no recipient")
	}
}

func TestWaitsForSharesThenForTheConfig(t *testing.T) {
	f := newFixture(t)
	f.onPause = func(n int) {
		status := f.unsealer.Status()
		if !status.Sealed || status.Shares != min(n-1, 2) {
			t.Errorf("pause %d: %+v", n, status)
		}
		switch n {
		case 1, 2:
			f.putShare(n - 1)
		case 3:
			f.server.Put("config", "secrets.age", f.config)
		}
	}
	if err := f.unsealer.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{time.Minute, time.Minute, 30 * time.Second}; !slices.Equal(f.pauses, want) {
		t.Fatalf("waited %v, want %v", f.pauses, want)
	}
}

func TestGoesOnAfterTrouble(t *testing.T) {
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		before func(*fixture)
		mend   func(*fixture)
		logged string
		pause  time.Duration
	}{
		{"S3 is away", func(f *fixture) { f.server.SetDown(true) }, func(f *fixture) { f.server.SetDown(false) }, "shares cannot be read", time.Minute},
		{"a broken share", func(f *fixture) { f.server.Put("shares", folder+"/operator-share_z", []byte("?")) },
			func(f *fixture) { f.server.Put("shares", folder+"/operator-share_z", nil) }, "shares cannot be read", time.Minute},
		{"secrets of another identity", func(f *fixture) { f.server.Put("config", "secrets.age", encrypted(t, other.Recipient(), "{}")) },
			func(f *fixture) { f.server.Put("config", "secrets.age", f.config) }, "stays sealed", 30 * time.Second},
		{"shares of another secret", func(f *fixture) {
			f.server.Put("shares", folder+"/operator-share_test-operator.json", []byte(base64.StdEncoding.EncodeToString(append([]byte("x"), f.shares[0][1:]...))))
		},
			func(f *fixture) { f.putShare(0) }, "stays sealed", 30 * time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t)
			f.putShare(0)
			f.putShare(1)
			f.server.Put("config", "secrets.age", f.config)
			c.before(f)
			f.onPause = func(int) { c.mend(f) }
			if err := f.unsealer.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(f.pauses, []time.Duration{c.pause}) || f.unsealer.Status().Sealed {
				t.Fatalf("waited %v, status %+v", f.pauses, f.unsealer.Status())
			}
			if first := f.messages(t)[0]; !strings.Contains(first, c.logged) {
				t.Fatalf("the first log line is %q, want %q", first, c.logged)
			}
		})
	}
}

func TestStopsWithTheContext(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.onPause = func(int) { cancel() }
	if err := f.unsealer.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}
