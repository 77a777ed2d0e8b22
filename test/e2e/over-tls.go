// What a program of others does in Go over TLS, with nothing but the environment of `nitro operator env`: AWS's SDK uploads bodies to S3 that it
// cannot read twice, go-redis talks to Redis, the QLDB driver to the ledger. It tells what it read back as JSON.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/qldbsession"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/awslabs/amazon-qldb-driver-go/v3/qldbdriver"
	"github.com/redis/go-redis/v9"
)

// unseekable hides everything of a reader but Read.
type unseekable struct{ io.Reader }

func main() {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	check(err)
	told := map[string]string{}
	told["buffer"] = upload(ctx, cfg, "buffer", bytes.NewBufferString("of a buffer"), 0)
	told["stream"] = upload(ctx, cfg, "stream", unseekable{strings.NewReader("of a stream")}, int64(len("of a stream")))
	identity, err := sts.NewFromConfig(cfg, func(options *sts.Options) { options.BaseEndpoint = aws.String(os.Getenv("AWS_ENDPOINT_URL_S3")) }).
		GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	check(err)
	told["account"] = *identity.Account
	told["redis"] = overRedis(ctx)
	told["ledger"] = overLedger(ctx, cfg)
	check(json.NewEncoder(os.Stdout).Encode(told))
}

func upload(ctx context.Context, cfg aws.Config, key string, body io.Reader, length int64) string {
	client, bucket := s3.NewFromConfig(cfg), aws.String(os.Getenv("ENCLAVE_CONFIG_BUCKET_NAME"))
	input := &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: body}
	if length > 0 {
		input.ContentLength = &length
	}
	_, err := client.PutObject(ctx, input)
	check(err)
	object, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: &key})
	check(err)
	content, err := io.ReadAll(object.Body)
	check(err)
	_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: &key})
	check(err)
	return string(content)
}

func overRedis(ctx context.Context) string {
	client := redis.NewClient(&redis.Options{
		Addr: os.Getenv("REDIS_ADDR"), Username: os.Getenv("REDIS_USERNAME"), Password: os.Getenv("REDIS_PASSWORD"),
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	})
	check(client.Set(ctx, "over-tls", "of go-redis", 0).Err())
	value, err := client.GetDel(ctx, "over-tls").Result()
	check(err)
	return value
}

func overLedger(ctx context.Context, cfg aws.Config) string {
	session := qldbsession.NewFromConfig(cfg)
	driver, err := qldbdriver.New(os.Getenv("LEDGER"), session, func(*qldbdriver.DriverOptions) {})
	check(err)
	defer driver.Shutdown(ctx)
	tables, err := driver.GetTableNames(ctx)
	check(err)
	return strings.Join(tables, " ")
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
