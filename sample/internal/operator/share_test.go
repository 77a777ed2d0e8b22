package operator

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"golang.org/x/crypto/ssh"
)

// Share files and keys travel between a stack, which is TypeScript, and the operators' tools, which are Go.

// node runs lines of TypeScript with a key and a value of the input. It returns what they write to stdout.
func node(t *testing.T, script, input string) string {
	t.Helper()
	program := os.Getenv("NODE")
	if program == "" {
		program = "node"
	}
	folder, err := filepath.Abs("../../../key-feeder")
	if err != nil {
		t.Fatal(err)
	}
	head := "import { text } from 'node:stream/consumers';\n" +
		"const { encryptToOperator, decryptAsOperator } = await import('" + folder + "/age-ssh.ts');\n" +
		"const { parsePrivateKey } = await import('" + folder + "/ssh-key.ts');\n" +
		"const { pem, value } = JSON.parse(await text(process.stdin));\n" +
		"const { key, problem } = parsePrivateKey(pem);\nif (problem) throw new Error(problem);\n"
	command := exec.Command(program, "--input-type=module", "-e", head+script)
	command.Stdin = bytes.NewBufferString(input)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v; Node 24 or later is needed on PATH or as NODE\n%s", err, problems.String())
	}
	return string(out)
}

func input(t *testing.T, key []byte, value string) string {
	t.Helper()
	encoded, err := json.Marshal(map[string]string{"pem": string(key), "value": value})
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// keyFiles are one key in both forms that stacks take.
func keyFiles(t *testing.T) (ed25519.PrivateKey, map[string][]byte) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	openSSH, err := ssh.MarshalPrivateKey(private, "someone")
	if err != nil {
		t.Fatal(err)
	}
	return private, map[string][]byte{
		"PKCS#8":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		"OpenSSH": pem.EncodeToMemory(openSSH),
	}
}

const share = "c2hhcmUgb2YgdGhlIHZhdWx0"

func TestShareOfAStackOpensWithTheOperatorsKey(t *testing.T) {
	private, files := keyFiles(t)
	for form, file := range files {
		sealed := node(t, "process.stdout.write(Buffer.from(await encryptToOperator(key, value)).toString('base64'));", input(t, file, share))
		raw, err := base64.StdEncoding.DecodeString(sealed)
		if err != nil {
			t.Fatal(err)
		}
		identity, err := agessh.NewEd25519Identity(private)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := age.Decrypt(bytes.NewReader(raw), identity)
		if err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		if plain, err := io.ReadAll(opened); err != nil || string(plain) != share {
			t.Fatalf("%s: got %q, error %v", form, plain, err)
		}
		// The key file as it is does, too.
		if _, err := agessh.ParseIdentity(file); err != nil {
			t.Fatalf("%s: %v", form, err)
		}
	}
}

func TestShareOfAVaultOpensInAStack(t *testing.T) {
	private, files := keyFiles(t)
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	recipient, err := agessh.NewEd25519Recipient(public)
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	writer, err := age.Encrypt(&sealed, recipient)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(writer, share); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	value := base64.StdEncoding.EncodeToString(sealed.Bytes())
	for form, file := range files {
		got := node(t, "process.stdout.write(await decryptAsOperator(key, Buffer.from(value, 'base64')));", input(t, file, value))
		if got != share {
			t.Fatalf("%s: got %q", form, got)
		}
	}
}
