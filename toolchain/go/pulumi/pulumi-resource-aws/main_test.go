package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestProviderIsValid(t *testing.T) {
	if err := terraformProvider().InternalValidate(); err != nil {
		t.Fatal(err)
	}
}

func TestEveryOtherTypeIsRefusedByItsName(t *testing.T) {
	e := configured(t, "http://127.0.0.1:1", "http://127.0.0.1:1")
	const bucket = "aws:s3/bucket:Bucket"
	_, check := e.server.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn(bucket), News: e.marshal(properties{})})
	_, read := e.server.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(bucket), Id: "x"})
	_, invoke := e.server.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "aws:s3/getBucket:getBucket"})
	for what, err := range map[string]error{bucket: check, "type " + bucket: read, "aws:s3/getBucket:getBucket": invoke} {
		if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "aws:qldb/ledger:Ledger") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestNothingIsCalledBeforeItIsNeeded(t *testing.T) {
	fake, url := startIAM(t)
	e := configured(t, url, url)
	checked, _ := e.check(roleToken, roleInputs())
	answer, err := e.server.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(roleToken), Properties: checked, Preview: true})
	if err != nil {
		t.Fatal(err)
	}
	if output := e.plain(answer.GetProperties()); output["name"] != "nitro-alice-qldb" {
		t.Errorf("a preview shows %v", output)
	}
	if len(fake.calls) > 0 {
		t.Errorf("a preview calls %v", fake.calls)
	}
}

// TestNamesAreThoseOfThePackage compares every property with the state that @pulumi/aws declares: a name of our own would be one that the
// released plugin does not know.
func TestNamesAreThoseOfThePackage(t *testing.T) {
	left := map[string][]string{"iam/role": {"inlinePolicies", "managedPolicyArns"}}
	bridged := providerInfo()
	for terraform, file := range map[string]string{
		"aws_qldb_ledger": "qldb/ledger", "aws_iam_role": "iam/role", "aws_iam_role_policy": "iam/rolePolicy",
	} {
		text, err := os.ReadFile("../../../../node_modules/@pulumi/aws/" + file + ".d.ts")
		if err != nil {
			t.Fatalf("npm ci puts @pulumi/aws there: %v", err)
		}
		state := regexp.MustCompile(`(?s)export interface \w+State \{(.*?)\n\}`).FindStringSubmatch(string(text))
		var declared []string
		for _, found := range regexp.MustCompile(`(?m)^ {4}(\w+)\?:`).FindAllStringSubmatch(state[1], -1) {
			declared = append(declared, found[1])
		}
		var ours []string
		schema := bridged.P.ResourcesMap().Get(terraform).Schema()
		for name := range terraformProvider().ResourcesMap[terraform].Schema {
			ours = append(ours, tfbridge.TerraformToPulumiNameV2(name, schema, bridged.Resources[terraform].Fields))
		}
		ours = append(ours, left[file]...)
		slices.Sort(ours)
		slices.Sort(declared)
		if !slices.Equal(ours, declared) {
			t.Errorf("%s has %v, the package %v", terraform, ours, declared)
		}
	}
}
