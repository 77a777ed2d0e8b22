// Package awsclient makes the clients of AWS services; where they answer comes from AWS_ENDPOINT_URL and its relatives.
package awsclient

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/qldbsession"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// fileLifetime is how long credentials from a mounted file are used before the file, which a new login rewrites, is read again.
const fileLifetime = time.Minute

// Clients are the clients that the service needs.
type Clients struct {
	S3 *s3.Client
	// QLDB works with the credentials of the assumed role.
	QLDB *qldbsession.Client
	// Role is the source of those credentials: to retrieve them is to assume the role.
	Role aws.CredentialsProvider
}

// New reads the SDK's environment; it makes no call.
// sharedFile tells that credentials come from a file that changes while the process runs.
func New(ctx context.Context, roleARN string, sharedFile bool) (Clients, error) {
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return Clients{}, fmt.Errorf("the environment does not configure the AWS SDK: %w", err)
	}
	loaded.HTTPClient = WithPlainBodies(loaded.HTTPClient)
	if sharedFile {
		loaded.Credentials = aws.NewCredentialsCache(aws.CredentialsProviderFunc(readAgain))
	}
	asRole := loaded.Copy()
	asRole.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(loaded), roleARN))
	storage := s3.NewFromConfig(loaded, func(options *s3.Options) {
		// The SDK would say so in lines of its own, which are not JSON.
		options.DisableLogOutputChecksumValidationSkipped = true
	})
	return Clients{S3: storage, QLDB: qldbsession.NewFromConfig(asRole), Role: asRole.Credentials}, nil
}

func readAgain(ctx context.Context) (aws.Credentials, error) {
	loaded, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	found, err := loaded.Credentials.Retrieve(ctx)
	if err == nil && !found.CanExpire {
		found.CanExpire, found.Expires = true, time.Now().Add(fileLifetime)
	}
	return found, err
}
