// Package shamir splits and combines secrets the way HashiCorp Vault does: one polynomial over GF(2^8) for each byte of the secret,
// a share being the polynomials' values followed by the x coordinate that all of them were evaluated at.
package shamir

import (
	"crypto/rand"
	"errors"
	"fmt"
)

// Split makes parts shares of a secret, any threshold of which give it back.
// 2 ≤ threshold ≤ parts ≤ 255, and the secret must not be empty.
func Split(secret []byte, parts, threshold int) ([][]byte, error) {
	if len(secret) == 0 {
		return nil, errors.New("cannot split an empty secret")
	}
	if threshold < 2 || parts < threshold || parts > 255 {
		return nil, fmt.Errorf("cannot split into %d shares with threshold %d: 2 ≤ threshold ≤ shares ≤ 255 is allowed", parts, threshold)
	}
	shares := make([][]byte, parts)
	for i := range shares {
		shares[i] = make([]byte, len(secret)+1)
		shares[i][len(secret)] = byte(i + 1)
	}
	coefficients := make([]byte, threshold)
	for at, value := range secret {
		if _, err := rand.Read(coefficients); err != nil {
			return nil, fmt.Errorf("no random numbers to split a secret with: %w", err)
		}
		coefficients[0] = value
		for _, share := range shares {
			share[at] = evaluate(coefficients, share[len(secret)])
		}
	}
	return shares, nil
}

// Combine gives back the secret that the shares were made of. With fewer shares than the threshold, or with shares of different
// secrets, the result is wrong without an error: nothing in a share tells.
func Combine(shares [][]byte) ([]byte, error) {
	if len(shares) < 2 {
		return nil, fmt.Errorf("cannot combine %d shares: at least 2 are needed", len(shares))
	}
	length := len(shares[0]) - 1
	if length < 1 {
		return nil, errors.New("a share is too short: at least 2 bytes are needed")
	}
	xs := make([]byte, len(shares))
	seen := map[byte]bool{}
	for i, share := range shares {
		if len(share) != length+1 {
			return nil, fmt.Errorf("shares have different lengths: %d and %d bytes", length+1, len(share))
		}
		xs[i] = share[length]
		if xs[i] == 0 || seen[xs[i]] {
			return nil, fmt.Errorf("share %d has the x coordinate %d, which is zero or taken by another share", i, xs[i])
		}
		seen[xs[i]] = true
	}
	secret := make([]byte, length)
	for i, share := range shares {
		weight := lagrangeAtZero(xs, i)
		for at := range secret {
			secret[at] ^= multiply(weight, share[at])
		}
	}
	return secret, nil
}

// lagrangeAtZero returns the value at 0 of the polynomial that is 1 at xs[i] and 0 at all other xs.
func lagrangeAtZero(xs []byte, i int) byte {
	weight := byte(1)
	for j, x := range xs {
		if j != i {
			weight = multiply(weight, multiply(x, invert(x^xs[i])))
		}
	}
	return weight
}
