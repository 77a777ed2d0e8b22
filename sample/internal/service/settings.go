package service

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// settings are what the environment says.
type settings struct {
	address, environment, region string
	ledgerName, roleARN          string
	configBucket, configObject   string
	sharesBucket, solanaAddress  string
	testSecrets                  string
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
		address:       need("ADDR"),
		environment:   need("ENVIRONMENT"),
		region:        need("AWS_REGION"),
		ledgerName:    need("QLDB_LEDGER_NAME"),
		roleARN:       need("QLDB_ROLE_ARN"),
		configBucket:  need("ENCLAVE_CONFIG_BUCKET_NAME"),
		configObject:  need("ENCLAVE_CONFIG_OBJECT_NAME"),
		sharesBucket:  need("ENCLAVE_OPERATOR_SHARES_BUCKET_NAME"),
		solanaAddress: optional("ENCLAVE_SOLANA_ADDRESS_NAME"),
		testSecrets:   optional("BAT_PAYMENT_TEST_SECRETS"),
	}
	if _, set := lookup("ENCLAVE_SOLANA_ADDRESS_NAME"); !set {
		missing = append(missing, "ENCLAVE_SOLANA_ADDRESS_NAME (may be empty)")
	}
	if mocking := optional("NITRO_ENCLAVE_MOCKING"); mocking == "" {
		missing = append(missing, "NITRO_ENCLAVE_MOCKING=1 (the sample cannot run in an enclave)")
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
