package shamir

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func TestField(t *testing.T) {
	// FIPS 197, section 4.2: {57} • {83} = {c1}, {57} • {13} = {fe}.
	if got := multiply(0x57, 0x83); got != 0xc1 {
		t.Errorf("57 • 83 = %02x, want c1", got)
	}
	if got := multiply(0x57, 0x13); got != 0xfe {
		t.Errorf("57 • 13 = %02x, want fe", got)
	}
	for a := 1; a < 256; a++ {
		if got := multiply(byte(a), invert(byte(a))); got != 1 {
			t.Errorf("%02x • its inverse = %02x, want 1", a, got)
		}
	}
}

// Shares that the npm package shamir-secret-sharing 0.0.4 made, which the key-feeder uses: 3 shares, threshold 2.
var foreign = []string{
	"39f8ef1b58ec069062d60e05b89b57c2c8f6da54bddd5b46af607a89b4bd60999fafc872435a3395",
	"1acb58bd9250499dad892c8022968f8fd9e94f545c32372b8eb7fe13f71302bc671ca3f603202fb5",
	"d26a4d3e14e6840a052d1bcb720185a74ff26d54ab4832d1a3cf4a4352298a40bfd86d42bc782e67",
}

func TestCombineReadsSharesOfAnotherProgram(t *testing.T) {
	const secret = "AGE-SECRET-KEY-1TEST of another program"
	shares := make([][]byte, len(foreign))
	for i, text := range foreign {
		share, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		shares[i] = share
	}
	for _, chosen := range [][]int{{0, 1}, {1, 0}, {0, 2}, {1, 2}, {2, 1, 0}} {
		var parts [][]byte
		for _, i := range chosen {
			parts = append(parts, shares[i])
		}
		got, err := Combine(parts)
		if err != nil || string(got) != secret {
			t.Errorf("shares %v: got %q, error %v", chosen, got, err)
		}
	}
}

func TestSplitAndCombine(t *testing.T) {
	secret := []byte("\x00\x01\xfe\xff a secret")
	for _, c := range []struct{ parts, threshold int }{{2, 2}, {5, 3}, {255, 2}} {
		shares, err := Split(secret, c.parts, c.threshold)
		if err != nil {
			t.Fatal(err)
		}
		last := shares[len(shares)-c.threshold:]
		if got, err := Combine(last); err != nil || !bytes.Equal(got, secret) {
			t.Errorf("%d of %d: got %q, error %v", c.threshold, c.parts, got, err)
		}
		if c.threshold > 2 {
			if got, err := Combine(last[1:]); err != nil || bytes.Equal(got, secret) {
				t.Errorf("%d of %d with one share too few: got %q, error %v; want something else", c.threshold, c.parts, got, err)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	cases := []struct {
		name    string
		run     func() error
		problem string
	}{
		{"no secret", func() error { _, err := Split(nil, 2, 2); return err }, "empty secret"},
		{"threshold 1", func() error { _, err := Split([]byte("s"), 2, 1); return err }, "threshold 1"},
		{"threshold over parts", func() error { _, err := Split([]byte("s"), 2, 3); return err }, "2 shares with threshold 3"},
		{"too many parts", func() error { _, err := Split([]byte("s"), 256, 2); return err }, "256 shares"},
		{"one share", func() error { _, err := Combine([][]byte{{1, 1}}); return err }, "1 shares"},
		{"short share", func() error { _, err := Combine([][]byte{{1}, {2}}); return err }, "too short"},
		{"lengths", func() error { _, err := Combine([][]byte{{1, 1}, {1, 1, 2}}); return err }, "2 and 3 bytes"},
		{"same share twice", func() error { _, err := Combine([][]byte{{1, 7}, {1, 7}}); return err }, "x coordinate 7"},
		{"zero coordinate", func() error { _, err := Combine([][]byte{{1, 0}, {1, 7}}); return err }, "x coordinate 0"},
	}
	for _, c := range cases {
		if err := c.run(); err == nil || !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: got error %v, want one with %q", c.name, err, c.problem)
		}
	}
}
