package nitrotest

// Outputs are what the stack tells its users: see StackOutputs in model/outputs.ts.
type Outputs struct {
	// ServiceURL is where the service answers, on this machine.
	ServiceURL string `json:"serviceUrl"`
	// ServiceHost is what clients sign as its host.
	ServiceHost string `json:"serviceHost"`
	// RedisURL holds the password: redis.ParseURL of go-redis takes it as it is.
	RedisURL string `json:"redisUrl"`
	// LocalstackURL is the endpoint of S3 (with UsePathStyle), STS and IAM.
	LocalstackURL string `json:"localstackUrl"`
	// LocalstackHTTPSURL is the same port, by https; empty where LocalStack runs in an image of your own.
	LocalstackHTTPSURL string `json:"localstackHttpsUrl"`
	// LedgerEndpoint is the endpoint of QLDB and of its sessions; empty in ledger mode aws.
	LedgerEndpoint string `json:"ledgerEndpoint"`
	// LedgerHTTPSEndpoint is the same port, by https.
	LedgerHTTPSEndpoint string `json:"ledgerHttpsEndpoint"`
	LedgerName          string `json:"ledgerName"`
	LedgerARN           string `json:"ledgerArn"`
	QLDBRoleARN         string `json:"qldbRoleArn"`
	AWS                 AWS
	Buckets             Buckets
	Operators           []Operator
	VaultPublicKey      string `json:"vaultPublicKey"`
	// CACertificate, PEM, is what clients of the https addresses have to trust.
	CACertificate   string `json:"caCertificate"`
	Payout          PayoutDefaults
	Authorization   Authorization
	Network         string
	Ports           map[Part]int
	Service, Worker Executable
	MadeBy          MadeBy
}

// AWS is what the stack's own AWS, LocalStack and ledger, is asked with.
type AWS struct {
	Region, AccessKeyID, SecretAccessKey string
}

// Buckets of the stack.
type Buckets struct {
	// Config holds the service's encrypted secrets.
	Config string
	// Shares is where the service looks for the operators' shares.
	Shares string
}

// Operator is one of the stack's operators, with all that is theirs.
type Operator struct {
	Name string
	// PrivateKey is a PKCS#8 PEM of an ed25519 key.
	PrivateKey string
	// PublicKey is a line such as "ssh-ed25519 AAAA… test-operator".
	PublicKey string
	// Share is the base64 text of this operator's share of the vault's identity.
	Share string
}

// PayoutDefaults are what payments have where nobody says otherwise.
type PayoutDefaults struct {
	Custodian, Currency, From string
}

// Authorization says who authorizes payouts.
type Authorization struct {
	// Mode is "auto" or "manual".
	Mode string
	// Custodians may be authorized by program besides dryrun-*.
	Custodians []string
}

// Executable is what a container runs.
type Executable struct {
	// SHA256 of the file, in hex.
	SHA256 string
	// Path inside the container.
	Path string
}

// MadeBy is the version of nitro-stacks that brought the stack to its state.
type MadeBy struct {
	Version string
	// Layout goes up where an older program would not understand the stack.
	Layout int
}

// Part of a stack.
type Part string

// The parts of a stack.
const (
	Service    Part = "service"
	Redis      Part = "redis"
	LocalStack Part = "localstack"
	Ledger     Part = "ledger"
	KeyFeeder  Part = "key-feeder"
	Worker     Part = "worker"
)
