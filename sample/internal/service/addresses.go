package service

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"math/big"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/nitro-stacks/payments/internal/ledger"
	"example.com/nitro-stacks/payments/internal/payment"
)

// generateAddress makes a Solana key pair. The seed goes to S3, encrypted to the vault's identity; the address to the ledger.
func (a *api) generateAddress(ctx context.Context, c call) (answer, error) {
	recipient, unsealed := a.unsealer.Recipient()
	if !unsealed {
		return answer{}, errSealed
	}
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return answer{}, err
	}
	seed, err := encrypt(private.Seed(), recipient)
	if err != nil {
		return answer{}, err
	}
	address := ledger.ChainAddress{PublicKey: base58(public), Creator: c.keyID, Approvals: []string{}}
	key := "solana-address-" + address.PublicKey
	_, err = a.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(a.settings.configBucket), Key: aws.String(key), Body: bytes.NewReader(seed)})
	if err != nil {
		return answer{}, fmt.Errorf("object %s of bucket %s cannot be written: %w", key, a.settings.configBucket, err)
	}
	if err := a.payments.Ledger.InsertChainAddress(ctx, address); err != nil {
		return answer{}, err
	}
	return success("address created", address), nil
}

// approveAddress records the signing operator's approval of an address.
func (a *api) approveAddress(ctx context.Context, c call) (answer, error) {
	var request struct {
		Address string `json:"address"`
	}
	if err := decode(c.body, &request); err != nil {
		return answer{}, err
	}
	if request.Address == "" {
		return answer{}, payment.Invalid("address is missing or empty")
	}
	address, err := a.payments.Ledger.ApproveChainAddress(ctx, request.Address, c.keyID)
	if err != nil {
		return answer{}, err
	}
	return success("address approved", address), nil
}

const base58Digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58 writes bytes the way Solana and Bitcoin write keys: a number in base 58, each leading zero byte as the digit 1.
func base58(data []byte) string {
	number, base, digit := new(big.Int).SetBytes(data), big.NewInt(int64(len(base58Digits))), new(big.Int)
	var reversed []byte
	for number.Sign() > 0 {
		number.DivMod(number, base, digit)
		reversed = append(reversed, base58Digits[digit.Int64()])
	}
	for _, value := range data {
		if value != 0 {
			break
		}
		reversed = append(reversed, base58Digits[0])
	}
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	return string(reversed)
}
