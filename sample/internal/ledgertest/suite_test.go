package ledgertest

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/qldb"
)

// The integration tests of the official driver, as AWS published them with it: https://github.com/awslabs/amazon-qldb-driver-go
const suite = "github.com/awslabs/amazon-qldb-driver-go/v3/qldbdriver"

// suiteTests is how many there are, each part of a test counted.
const suiteTests = 44

func TestTheDriversOwnSuitePasses(t *testing.T) {
	ledger := Start(t)
	command := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "-run", "Integration", suite)
	command.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+ledger.URL, "AWS_REGION=us-east-2", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test")
	output, err := command.CombinedOutput()
	if passed := strings.Count(string(output), "--- PASS: "); err != nil || passed != suiteTests {
		t.Fatalf("%d of %d tests passed, %v:\n%s", passed, suiteTests, err, output)
	}
}

func TestControlPlaneOfTheOfficialSDK(t *testing.T) {
	ledger := Start(t)
	client := qldb.NewFromConfig(ledger.config(t))
	created, err := client.CreateLedger(t.Context(), &qldb.CreateLedgerInput{Name: aws.String("second"), PermissionsMode: "STANDARD"})
	if err != nil || created.State != "ACTIVE" || !aws.ToBool(created.DeletionProtection) {
		t.Fatalf("created %+v, error %v", created, err)
	}
	_, err = client.DeleteLedger(t.Context(), &qldb.DeleteLedgerInput{Name: aws.String("second")})
	if err == nil || !strings.Contains(err.Error(), "ResourcePreconditionNotMetException") {
		t.Fatalf("a protected ledger was deleted, or for another reason not: %v", err)
	}
	rowsOf(t, driverOf(t, ledger, 4), statement{"CREATE TABLE T"})
	digest, err := client.GetDigest(t.Context(), &qldb.GetDigestInput{Name: aws.String(Name)})
	if err != nil || len(digest.Digest) != 32 {
		t.Fatalf("digest %+v, error %v", digest, err)
	}
}
