// Package contract holds what the executable and a stack agree on: names of objects, streams and environment variables. The stack's side of
// it is key-feeder/contract.ts; test/key-feeder/contract.test.ts compares the two.
package contract

const (
	// NeededShares is how many operators' shares make the vault's identity.
	NeededShares = 2
	// MockedPCR2 is the hexadecimal PCR2 of a mocked enclave.
	MockedPCR2 = "abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2abc2"
	// ShareName follows PCR2 in the keys of all shares.
	ShareName = "/operator-share"
	// UnsealedWords follow the name of a secret in the log line that says that it is known.
	UnsealedWords = " is loaded in secrets!"
	// SealedWords are the message of a sealed service's answers to calls that need secrets.
	SealedWords = "secrets are not yet loaded"

	// FirstOperator and SecondOperator are the operators that every stack has.
	FirstOperator  = "test-operator"
	SecondOperator = "test-operator2"
	// PublicKeysFolder holds their public keys, seen from the working directory.
	PublicKeysFolder = "payment-test/secrets"

	// PreparePath and SubmitPath are the calls that travel over streams.
	PreparePath = "/v1/payments/prepare"
	SubmitPath  = "/v1/payments/submit"

	// CreateVaultPath and the others are the calls of key ceremonies, which operators send to the service itself.
	CreateVaultPath     = "/v1/payments/vault/create"
	VerifyVaultPath     = "/v1/payments/vault/verify"
	GenerateAddressPath = "/v1/payments/generatesol"
	ApproveAddressPath  = "/v1/payments/approvesol"

	// PrepareOrders and SubmitOrders are the streams of orders.
	PrepareOrders = "prepare-config"
	SubmitOrders  = "submit-config"
	// DataField is the one field of a stream's messages.
	DataField = "data"
	// ResponseSuffix follows a stream's name in the one of its answers.
	ResponseSuffix = "-response"
)

// Environment variables besides AWS's own.
const (
	EnvMocking       = "NITRO_ENCLAVE_MOCKING"
	EnvAddress       = "ADDR"
	EnvEnvironment   = "ENVIRONMENT"
	EnvLedgerName    = "QLDB_LEDGER_NAME"
	EnvLedgerRole    = "QLDB_ROLE_ARN"
	EnvConfigBucket  = "ENCLAVE_CONFIG_BUCKET_NAME"
	EnvConfigObject  = "ENCLAVE_CONFIG_OBJECT_NAME"
	EnvSharesBucket  = "ENCLAVE_OPERATOR_SHARES_BUCKET_NAME"
	EnvSolanaAddress = "ENCLAVE_SOLANA_ADDRESS_NAME"
	EnvCustodians    = "PAYMENT_CUSTODIANS"
	EnvAPIBase       = "NITRO_API_BASE"
	EnvRedisAddress  = "REDIS_ADDR"
	EnvRedisUser     = "REDIS_USER"
	EnvRedisPassword = "REDIS_PASS"
	EnvRedisTLS      = "REDIS_TLS"
)
