package bootstrap

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/nitro-stacks/payments/internal/contract"
	"example.com/nitro-stacks/payments/internal/enclave"
	"example.com/nitro-stacks/payments/internal/shamir"
)

// maxObject is far more than any share or configuration has.
const maxObject = 1 << 20

// shares reads all shares that operators put down for this code measurement. One that is no base64 text is an error: with it, the
// others would make a wrong key.
func (u *Unsealer) shares(ctx context.Context) ([][]byte, error) {
	prefix := enclave.CodeMeasurement() + contract.ShareName
	listed, err := u.S3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(u.SharesBucket), Prefix: aws.String(prefix)})
	if err != nil {
		return nil, fmt.Errorf("the shares in bucket %s cannot be listed: %w", u.SharesBucket, err)
	}
	var shares [][]byte
	for _, object := range listed.Contents {
		key := aws.ToString(object.Key)
		text, err := u.object(ctx, u.SharesBucket, key)
		if err != nil {
			return nil, err
		}
		share, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			return nil, fmt.Errorf("share %s in bucket %s is not base64 text: %w", key, u.SharesBucket, err)
		}
		shares = append(shares, share)
	}
	return shares, nil
}

func identityOf(shares [][]byte) (*age.X25519Identity, error) {
	text, err := shamir.Combine(shares)
	if err != nil {
		return nil, err
	}
	identity, err := age.ParseX25519Identity(string(text))
	if err != nil {
		return nil, fmt.Errorf("the %d shares do not make an age identity: they are of different secrets or too few", len(shares))
	}
	return identity, nil
}

func (u *Unsealer) object(ctx context.Context, bucket, key string) ([]byte, error) {
	found, err := u.S3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)})
	if err != nil {
		return nil, fmt.Errorf("object %s of bucket %s cannot be read: %w", key, bucket, err)
	}
	defer found.Body.Close()
	body, err := io.ReadAll(io.LimitReader(found.Body, maxObject))
	if err != nil {
		return nil, fmt.Errorf("object %s of bucket %s cannot be read: %w", key, bucket, err)
	}
	return body, nil
}
