package service

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"example.com/nitro-stacks/payments/internal/contract"
	"example.com/nitro-stacks/payments/internal/custodian"
)

// settings are what the environment says.
type settings struct {
	address, environment, region string
	ledgerName, roleARN          string
	configBucket, configObject   string
	sharesBucket, solanaAddress  string
	testSecrets                  string
	custodians                   custodian.Allowed
	sharedCredentials            bool
}

// readSettings reads the environment; the error names everything that is missing.
func readSettings(lookup func(string) (string, bool)) (settings, error) {
	var missing []string
	need := func(name string) string {
		value, _ := lookup(name)
		if value == "" {
			missing = append(missing, name)
		}
		return value
	}
	optional := func(name string) string {
		value, _ := lookup(name)
		return value
	}
	read := settings{
		address:       need(contract.EnvAddress),
		environment:   need(contract.EnvEnvironment),
		region:        need("AWS_REGION"),
		ledgerName:    need(contract.EnvLedgerName),
		roleARN:       need(contract.EnvLedgerRole),
		configBucket:  need(contract.EnvConfigBucket),
		configObject:  need(contract.EnvConfigObject),
		sharesBucket:  need(contract.EnvSharesBucket),
		solanaAddress: optional(contract.EnvSolanaAddress),
		testSecrets:   optional("BAT_PAYMENT_TEST_SECRETS"),
		custodians:    custodian.ParseAllowed(optional(contract.EnvCustodians)),
	}
	if _, set := lookup(contract.EnvSolanaAddress); !set {
		missing = append(missing, contract.EnvSolanaAddress+" (may be empty)")
	}
	if mocking := optional(contract.EnvMocking); mocking == "" {
		missing = append(missing, contract.EnvMocking+"=1 (the sample cannot run in an enclave)")
	}
	read.sharedCredentials = optional("AWS_SHARED_CREDENTIALS_FILE") != ""
	if len(missing) > 0 {
		return settings{}, fmt.Errorf("environment variables are missing: %s", strings.Join(missing, ", "))
	}
	return read, nil
}

// testSecretNames reads a file of plain secrets, a flat JSON object of strings, and returns the secrets' names, sorted. Dry runs use no
// secret, so their values are not kept.
func testSecretNames(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("BAT_PAYMENT_TEST_SECRETS: %w", err)
	}
	var secrets map[string]string
	if err := json.Unmarshal(text, &secrets); err != nil {
		return nil, fmt.Errorf("BAT_PAYMENT_TEST_SECRETS: %s is not a flat JSON object of strings", path)
	}
	return slices.Sorted(maps.Keys(secrets)), nil
}
