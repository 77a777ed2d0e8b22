package main

import (
	"crypto/rand"
	"fmt"
	"math/big"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/validation"
	"golang.org/x/crypto/bcrypt"
)

const (
	upperLetters   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lowerLetters   = "abcdefghijklmnopqrstuvwxyz"
	digits         = "0123456789"
	specialLetters = "!@#$%&*()-_=+[]{}<>:?"
	// bcrypt reads no more than these many bytes.
	bcryptLimit = 72
)

func stringFields(sensitive bool) fields {
	own := fields{
		"length":           required(schema.TypeInt),
		"upper":            input(schema.TypeBool, true),
		"lower":            input(schema.TypeBool, true),
		"numeric":          input(schema.TypeBool, true),
		"number":           input(schema.TypeBool, true),
		"special":          input(schema.TypeBool, true),
		"min_upper":        input(schema.TypeInt, 0),
		"min_lower":        input(schema.TypeInt, 0),
		"min_numeric":      input(schema.TypeInt, 0),
		"min_special":      input(schema.TypeInt, 0),
		"override_special": input(schema.TypeString, nil),
		"result":           output(sensitive),
	}
	own["length"].ValidateFunc = validation.IntAtLeast(1)
	own["number"].Deprecated = "Use numeric instead."
	return own
}

func stringResource() *schema.Resource {
	return resource(stringFields(false), func(data *schema.ResourceData) error {
		result, err := randomText(textRules(data))
		if err != nil {
			return err
		}
		data.SetId(result)
		return data.Set("result", result)
	})
}

func passwordResource() *schema.Resource {
	own := stringFields(true)
	own["bcrypt_hash"] = output(true)
	return resource(own, func(data *schema.ResourceData) error {
		result, err := randomText(textRules(data))
		if err != nil {
			return err
		}
		hash, err := bcrypt.GenerateFromPassword([]byte(result)[:min(len(result), bcryptLimit)], bcrypt.DefaultCost)
		if err != nil {
			return err
		}
		data.SetId("none") // an id is no secret
		return set(data, map[string]any{"result": result, "bcrypt_hash": string(hash)})
	})
}

// kind is one kind of character, and how many of it there have to be at least.
type kind struct {
	letters string
	atLeast int
}

type rules struct {
	length int
	kinds  []kind
}

func textRules(data *schema.ResourceData) rules {
	special := specialLetters
	if override := data.Get("override_special").(string); override != "" {
		special = override
	}
	found := rules{length: data.Get("length").(int)}
	add := func(allowed bool, letters, minimum string) {
		if allowed {
			found.kinds = append(found.kinds, kind{letters, data.Get(minimum).(int)})
		}
	}
	add(data.Get("special").(bool), special, "min_special")
	add(data.Get("numeric").(bool) && data.Get("number").(bool), digits, "min_numeric")
	add(data.Get("lower").(bool), lowerLetters, "min_lower")
	add(data.Get("upper").(bool), upperLetters, "min_upper")
	return found
}

// randomText takes the least of every kind, fills up with any kind and shuffles, all by the cryptographic random generator.
func randomText(rules rules) (string, error) {
	var text []byte
	any := ""
	for _, kind := range rules.kinds {
		any += kind.letters
		part, err := pick(kind.letters, kind.atLeast)
		if err != nil {
			return "", err
		}
		text = append(text, part...)
	}
	if any == "" {
		return "", fmt.Errorf("no kind of character is allowed: set one of upper, lower, numeric, special to true")
	}
	if len(text) > rules.length {
		return "", fmt.Errorf("length is %d: it has to be at least %d, the sum of the minimums", rules.length, len(text))
	}
	rest, err := pick(any, rules.length-len(text))
	if err != nil {
		return "", err
	}
	return shuffled(append(text, rest...))
}

func pick(letters string, count int) ([]byte, error) {
	picked := make([]byte, count)
	for i := range picked {
		index, err := below(len(letters))
		if err != nil {
			return nil, err
		}
		picked[i] = letters[index]
	}
	return picked, nil
}

func shuffled(text []byte) (string, error) {
	for i := len(text) - 1; i > 0; i-- {
		j, err := below(i + 1)
		if err != nil {
			return "", err
		}
		text[i], text[j] = text[j], text[i]
	}
	return string(text), nil
}

// below is a uniform random number from 0 to limit-1.
func below(limit int) (int, error) {
	number, err := rand.Int(rand.Reader, big.NewInt(int64(limit)))
	if err != nil {
		return 0, err
	}
	return int(number.Int64()), nil
}
