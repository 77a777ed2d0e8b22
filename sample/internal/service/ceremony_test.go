package service

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/agessh"

	"example.com/nitro-stacks/payments/internal/shamir"
)

type vaultAnswer struct {
	Data struct {
		PublicKey    string
		Threshold    int
		OperatorKeys []string
		Shares       []struct {
			Name     string
			Material []byte
		}
	}
}

func TestVault(t *testing.T) {
	b := newBench(t)
	answer := b.post("/v1/payments/vault/create", `{"threshold":2}`, b.keys[0])
	var vault vaultAnswer
	if err := json.Unmarshal([]byte(answer.body), &vault); err != nil || answer.code != http.StatusOK || len(vault.Data.Shares) != 2 {
		t.Fatalf("create answered %d %s", answer.code, answer.body)
	}
	identity := b.vaultIdentity(vault)
	if got := identity.Recipient().String(); got != vault.Data.PublicKey {
		t.Fatalf("the shares make the key of %s, the vault is %s", got, vault.Data.PublicKey)
	}
	verify := func(body string, want int) {
		t.Helper()
		if got := b.post("/v1/payments/vault/verify", body, b.keys[1]); got.code != want {
			t.Errorf("verify %s answered %d %s, want %d", body, got.code, got.body, want)
		}
	}
	verify(`{"threshold":2,"publicKey":"`+vault.Data.PublicKey+`"}`, http.StatusOK)
	verify(`{"threshold":3,"publicKey":"`+vault.Data.PublicKey+`"}`, http.StatusBadRequest)
	verify(`{"threshold":2,"publicKey":"age1other"}`, http.StatusNotFound)
	for _, body := range []string{`{"threshold":1}`, `{"threshold":3}`, `x`} {
		if got := b.post("/v1/payments/vault/create", body, b.keys[0]); got.code != http.StatusBadRequest {
			t.Errorf("create %s answered %d", body, got.code)
		}
	}
	if got := b.post("/v1/payments/vault/create", `{"threshold":2}`, nil); got.code != http.StatusUnauthorized {
		t.Errorf("an unsigned create answered %d", got.code)
	}
}

// vaultIdentity puts the key of a vault together from the shares that the operators decrypt.
func (b *bench) vaultIdentity(vault vaultAnswer) *age.X25519Identity {
	b.t.Helper()
	var shares [][]byte
	for i, share := range vault.Data.Shares {
		operator, err := agessh.NewEd25519Identity(b.keys[i])
		if err != nil {
			b.t.Fatal(err)
		}
		plain, err := age.Decrypt(bytes.NewReader(share.Material), operator)
		if err != nil {
			b.t.Fatal(err)
		}
		text, err := io.ReadAll(plain)
		if err != nil {
			b.t.Fatal(err)
		}
		decoded, err := base64.StdEncoding.DecodeString(string(text))
		if err != nil {
			b.t.Fatal(err)
		}
		shares = append(shares, decoded)
	}
	text, err := shamir.Combine(shares)
	if err != nil {
		b.t.Fatal(err)
	}
	identity, err := age.ParseX25519Identity(string(text))
	if err != nil {
		b.t.Fatal(err)
	}
	return identity
}

func TestChainAddress(t *testing.T) {
	b := newBench(t)
	answer := b.post("/v1/payments/generatesol", `{}`, b.keys[0])
	address := b.address(answer)
	if keys := strings.Join(b.aws.Keys(), " "); answer.code != http.StatusOK || !strings.Contains(keys, "config/solana-address-"+address.PublicKey) {
		t.Fatalf("generatesol answered %d %s; objects are %s", answer.code, answer.body, keys)
	}
	for i, who := range []int{0, 0, 1} {
		answer := b.post("/v1/payments/approvesol", `{"address":"`+address.PublicKey+`"}`, b.keys[who])
		if got, want := len(b.address(answer).Approvals), []int{1, 1, 2}[i]; answer.code != http.StatusOK || got != want {
			t.Errorf("approval %d: %d %s, want %d approvals", i, answer.code, answer.body, want)
		}
	}
	if got := b.post("/v1/payments/approvesol", `{"address":"nobody"}`, b.keys[0]); got.code != http.StatusNotFound {
		t.Errorf("an unknown address answered %d %s", got.code, got.body)
	}
}

type addressAnswer struct {
	PublicKey, Creator string
	Approvals          []string
}

func (b *bench) address(answer reply) addressAnswer {
	b.t.Helper()
	var body struct{ Data addressAnswer }
	if err := json.Unmarshal([]byte(answer.body), &body); err != nil {
		b.t.Fatalf("answered %d %s", answer.code, answer.body)
	}
	return body.Data
}

func TestASealedServiceSaysSoWhateverItIsAskedToPrepare(t *testing.T) {
	b := newSealedBench(t)
	sealed := `{"message":"secrets are not yet loaded","code":400,"data":{}}`
	for _, body := range []string{paymentJSON("to-1", `"3.27"`, "dryrun-happypath"), paymentJSON("", `"-1"`, "nobody"), `{}`, `to`} {
		if got := b.post("/v1/payments/prepare", body, nil); got.code != http.StatusBadRequest || got.body != sealed || got.header.Get("X-Retry-After") == "" {
			t.Errorf("prepare %s answered %d %s", body, got.code, got.body)
		}
	}
	if got := b.post("/v1/payments/generatesol", `{}`, b.keys[0]); got.code != http.StatusBadRequest || got.body != sealed {
		t.Errorf("generatesol answered %d %s", got.code, got.body)
	}
	b.putSecrets()
	b.unseal()
	b.prepare("to-1", "dryrun-happypath")
}

// putSecrets does what the key-feeder does.
func (b *bench) putSecrets() {
	b.t.Helper()
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		b.t.Fatal(err)
	}
	shares, err := shamir.Split([]byte(identity.String()), 2, 2)
	if err != nil {
		b.t.Fatal(err)
	}
	for i, name := range []string{"a", "b"} {
		b.aws.Put("shares", strings.Repeat("abc2", 24)+"/operator-share_"+name, []byte(base64.StdEncoding.EncodeToString(shares[i])))
	}
	config, err := encrypt([]byte(`{"zebpayApiKey":"x"}`), identity.Recipient())
	if err != nil {
		b.t.Fatal(err)
	}
	b.aws.Put("config", "secrets.age", config)
}

// unseal waits for the service to take its secrets.
func (b *bench) unseal() {
	b.t.Helper()
	if err := b.api.unsealer.Run(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// Vectors: Bitcoin Core, src/test/data/base58_encode_decode.json.
func TestBase58(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": "2g", "bbb": "a3gV", "simply a long string": "2cFupjhnEsSn59qHXstmK2ffpLv2", "\x00\x00\x00\x00": "1111",
		"\x51\x6b\x6f\xcd\x0f": "ABnLTmg", "\x00\xeb\x15\x23\x1d\xfc\xeb\x60\x92\x58\x86\xb6\x7d\x06\x52\x99\x92\x59\x15\xae\xb1\x72\xc0\x66\x47": "1NS17iag9jJgTHD1VXjvLCEnZuQ3rJDE9L",
	} {
		if got := base58([]byte(text)); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
