// Package bootstrap unseals the service: it combines the operators' shares into the vault's identity and decrypts the secrets with it.
package bootstrap

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"filippo.io/age"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"example.com/nitro-stacks/payments/internal/contract"
)

const (
	// sharesWait and configWait are the pauses before the next try.
	sharesWait = 60 * time.Second
	configWait = 30 * time.Second
)

// Unsealer waits for the shares and the secrets.
type Unsealer struct {
	S3                                       *s3.Client
	SharesBucket, ConfigBucket, ConfigObject string
	Log                                      *slog.Logger
	// Wait pauses, or returns an error as soon as the context ends.
	Wait func(ctx context.Context, pause time.Duration) error

	mutex    sync.Mutex
	found    int
	identity *age.X25519Identity
}

// Status is how far the unsealing got.
type Status struct {
	Sealed bool
	// Shares is how many shares were found when they were last looked for.
	Shares int
}

// Status tells how far the unsealing got.
func (u *Unsealer) Status() Status {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return Status{Sealed: u.identity == nil, Shares: u.found}
}

// Recipient is what the vault's identity can decrypt; there is none as long as the service is sealed.
func (u *Unsealer) Recipient() (*age.X25519Recipient, bool) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.identity == nil {
		return nil, false
	}
	return u.identity.Recipient(), true
}

// Run tries until the service is unsealed or the context ends.
func (u *Unsealer) Run(ctx context.Context) error {
	for {
		shares, err := u.waitForShares(ctx)
		if err != nil {
			return err
		}
		config, err := u.waitForConfig(ctx)
		if err != nil {
			return err
		}
		identity, secrets, err := unseal(shares, config)
		if err == nil {
			u.unsealed(identity, secrets)
			return nil
		}
		u.Log.Error("the service stays sealed", "error", err.Error(), "retryAfter", configWait.String())
		if err := u.Wait(ctx, configWait); err != nil {
			return err
		}
	}
}

func (u *Unsealer) waitForShares(ctx context.Context) ([][]byte, error) {
	for {
		shares, err := u.shares(ctx)
		u.count(len(shares))
		if err == nil && len(shares) >= contract.NeededShares {
			return shares, nil
		}
		if err != nil {
			u.Log.Error("the operators' shares cannot be read", "error", err.Error(), "retryAfter", sharesWait.String())
		} else {
			u.Log.Warn("too few operators' shares", "found", len(shares), "needed", contract.NeededShares, "retryAfter", sharesWait.String())
		}
		if err := u.Wait(ctx, sharesWait); err != nil {
			return nil, err
		}
	}
}

func (u *Unsealer) waitForConfig(ctx context.Context) ([]byte, error) {
	for {
		config, err := u.object(ctx, u.ConfigBucket, u.ConfigObject)
		if err == nil {
			return config, nil
		}
		u.Log.Error("the encrypted secrets cannot be read", "error", err.Error(), "retryAfter", configWait.String())
		if err := u.Wait(ctx, configWait); err != nil {
			return nil, err
		}
	}
}

func (u *Unsealer) count(shares int) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.found = shares
}

func (u *Unsealer) unsealed(identity *age.X25519Identity, secrets map[string]string) {
	u.mutex.Lock()
	u.identity = identity
	u.mutex.Unlock()
	for _, key := range slices.Sorted(maps.Keys(secrets)) {
		u.Log.Info(key + contract.UnsealedWords)
	}
}

func unseal(shares [][]byte, config []byte) (*age.X25519Identity, map[string]string, error) {
	identity, err := identityOf(shares)
	if err != nil {
		return nil, nil, err
	}
	plain, err := age.Decrypt(bytes.NewReader(config), identity)
	if err != nil {
		return nil, nil, fmt.Errorf("the secrets cannot be decrypted with the shares' identity: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(plain, maxObject))
	if err != nil {
		return nil, nil, fmt.Errorf("the secrets cannot be decrypted with the shares' identity: %w", err)
	}
	var secrets map[string]string
	if err := json.Unmarshal(text, &secrets); err != nil {
		return nil, nil, fmt.Errorf("the decrypted secrets are not a flat JSON object of strings: %w", err)
	}
	return identity, secrets, nil
}
