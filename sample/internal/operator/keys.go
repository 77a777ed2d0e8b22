// Package operator knows the people who may authorize payments: by the public keys that the working directory holds.
package operator

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"

	"example.com/nitro-stacks/payments/internal/contract"
)

// Operator is one person with a key.
type Operator struct {
	Name string
	// KeyID is the hexadecimal raw public key: what signed requests name.
	KeyID     string
	PublicKey ed25519.PublicKey
	// AuthorizedKey is the key in SSH's one-line form, "ssh-ed25519 AAAA… name".
	AuthorizedKey string
}

// Operators are all who may authorize.
type Operators []Operator

// Load reads both operators' public keys below a working directory.
func Load(directory string) (Operators, error) {
	var operators Operators
	for _, name := range [...]string{contract.FirstOperator, contract.SecondOperator} {
		path := filepath.Join(directory, contract.PublicKeysFolder, name+".pub")
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("the public key of operator %s is missing: %w; the key-feeder makes it", name, err)
		}
		operator, err := parse(name, strings.TrimSpace(string(text)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if other, taken := operators.Lookup(operator.KeyID); taken {
			return nil, fmt.Errorf("%s: it is the key of %s, two operators need two keys", path, other.Name)
		}
		operators = append(operators, operator)
	}
	return operators, nil
}

// Lookup finds an operator by key id.
func (o Operators) Lookup(keyID string) (Operator, bool) {
	for _, operator := range o {
		if operator.KeyID == keyID {
			return operator, true
		}
	}
	return Operator{}, false
}

func parse(name, line string) (Operator, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		return Operator{}, fmt.Errorf("it is not a line like \"ssh-ed25519 AAAA… name\": %w", err)
	}
	holder, ok := key.(ssh.CryptoPublicKey)
	if !ok {
		return Operator{}, fmt.Errorf("it is a key of type %s, needed is ssh-ed25519", key.Type())
	}
	public, ok := holder.CryptoPublicKey().(ed25519.PublicKey)
	if !ok {
		return Operator{}, fmt.Errorf("it is a key of type %s, needed is ssh-ed25519", key.Type())
	}
	return Operator{Name: name, KeyID: hex.EncodeToString(public), PublicKey: public, AuthorizedKey: line}, nil
}
