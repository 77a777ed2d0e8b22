package service

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"example.com/nitro-stacks/payments/internal/awsclient"
	"example.com/nitro-stacks/payments/internal/awstest"
	"example.com/nitro-stacks/payments/internal/bootstrap"
	"example.com/nitro-stacks/payments/internal/build"
	"example.com/nitro-stacks/payments/internal/clock"
	"example.com/nitro-stacks/payments/internal/contract"
	"example.com/nitro-stacks/payments/internal/custodian"
	"example.com/nitro-stacks/payments/internal/enclave"
	"example.com/nitro-stacks/payments/internal/httpsig"
	"example.com/nitro-stacks/payments/internal/jsonlog"
	"example.com/nitro-stacks/payments/internal/ledger"
	"example.com/nitro-stacks/payments/internal/ledgertest"
	"example.com/nitro-stacks/payments/internal/operator"
)

// bench is the service over HTTP, with this repository's ledger and an S3 and STS of the test.
type bench struct {
	t      *testing.T
	aws    *awstest.Server
	ledger *ledgertest.Process
	api    *api
	// handler is the service's; it changes only while no request is under way.
	handler http.Handler
	url     string
	// keys are the private keys of the two operators and of a stranger.
	keys [3]ed25519.PrivateKey
}

// newBench has its secrets.
func newBench(t *testing.T) *bench {
	t.Helper()
	b := newSealedBench(t)
	b.putSecrets()
	b.unseal()
	return b
}

func newSealedBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, aws: awstest.Start(t), ledger: ledgertest.Start(t)}
	t.Setenv("AWS_ENDPOINT_URL_QLDB_SESSION", b.ledger.URL)
	for i := range b.keys {
		b.keys[i] = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(i + 1)}, ed25519.SeedSize))
	}
	operators, err := operator.Load(writeKeys(t, b.keys[0], b.keys[1]))
	if err != nil {
		t.Fatal(err)
	}
	b.serve(operators)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// restartService puts a new service, which remembers nothing, in the old one's place. It finds its secrets again.
func (b *bench) restartService() {
	b.t.Helper()
	b.serve(b.api.operators)
	b.unseal()
}

func (b *bench) serve(operators operator.Operators) {
	b.t.Helper()
	b.api = b.newAPI(operators)
	b.handler = b.api.routes()
}

// newAPI makes a service as Run does: nothing in it outlives a restart.
func (b *bench) newAPI(operators operator.Operators) *api {
	b.t.Helper()
	settings := settings{environment: "development", region: "us-west-2", ledgerName: ledgertest.Name, roleARN: "arn:aws:iam::000000000000:role/test", configBucket: "config", custodians: custodian.ParseAllowed("")}
	clients, err := awsclient.New(b.t.Context(), settings.roleARN, false)
	if err != nil {
		b.t.Fatal(err)
	}
	book, err := ledger.Open(settings.ledgerName, clients.QLDB, clients.Role)
	if err != nil {
		b.t.Fatal(err)
	}
	log := jsonlog.New(io.Discard, true)
	return &api{
		payments: ledger.Payments{Ledger: book, Signer: signer}, operators: operators, s3: clients.S3, settings: settings,
		unsealer: &bootstrap.Unsealer{S3: clients.S3, SharesBucket: "shares", ConfigBucket: "config", ConfigObject: "secrets.age", Log: log, Wait: clock.Sleep},
		info:     build.New("1.2.3"), now: time.Now, log: log,
	}
}

func writeKeys(t *testing.T, keys ...ed25519.PrivateKey) string {
	t.Helper()
	directory := t.TempDir()
	if err := os.MkdirAll(filepath.Join(directory, contract.PublicKeysFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	for i, key := range keys {
		public, err := ssh.NewPublicKey(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		name := []string{"test-operator.pub", "test-operator2.pub"}[i]
		if err := os.WriteFile(filepath.Join(directory, contract.PublicKeysFolder, name), ssh.MarshalAuthorizedKey(public), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return directory
}

// reply is an answer whose signature was checked.
type reply struct {
	code   int
	header http.Header
	body   string
}

// post sends a request, signed where a key is given, and checks the answer's signature.
func (b *bench) post(path, body string, key ed25519.PrivateKey) reply {
	b.t.Helper()
	answer, err := b.tryPost(path, body, key)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer
}

func (b *bench) tryPost(path, body string, key ed25519.PrivateKey) (reply, error) {
	request, err := http.NewRequest(http.MethodPost, b.url+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if key != nil {
		if err := httpsig.SignRequest(request, []byte(body), time.Now(), key); err != nil {
			return reply{}, err
		}
	}
	return b.send(request)
}

func (b *bench) send(request *http.Request) (reply, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return reply{}, err
	}
	if strings.HasPrefix(request.URL.Path, "/v1/payments/") {
		if err := httpsig.VerifyResponse(response.Header, body, enclave.Verify); err != nil {
			return reply{}, err
		}
	}
	return reply{response.StatusCode, response.Header, string(body)}, nil
}

func (b *bench) get(path string) reply {
	b.t.Helper()
	request, err := http.NewRequest(http.MethodGet, b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	answer, err := b.send(request)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer
}

// prepare prepares a payment and returns its document's id.
func (b *bench) prepare(to, custodian string) string {
	b.t.Helper()
	answer := b.post("/v1/payments/prepare", paymentJSON(to, `"3.27"`, custodian), nil)
	var prepared struct {
		DocumentID string `json:"documentId"`
	}
	if err := json.Unmarshal([]byte(answer.body), &prepared); err != nil || answer.code != http.StatusOK || len(prepared.DocumentID) != 22 {
		b.t.Fatalf("prepare answered %d %s", answer.code, answer.body)
	}
	return prepared.DocumentID
}

func paymentJSON(to, amount, custodian string) string {
	return fmt.Sprintf(`{"to":%q,"from":"from-1","amount":%s,"currency":"BAT","payoutId":"payout-1","custodian":%q,"user":"ignored"}`, to, amount, custodian)
}

func submitJSON(documentID string) string {
	return fmt.Sprintf(`{"documentId":%q,"payoutId":"payout-1"}`, documentID)
}

func status(t *testing.T, answer reply) string {
	t.Helper()
	var body struct {
		Code int
		Data struct{ Status string }
	}
	if err := json.Unmarshal([]byte(answer.body), &body); err != nil || body.Code != answer.code {
		t.Fatalf("submit answered %d %s", answer.code, answer.body)
	}
	return body.Data.Status
}
