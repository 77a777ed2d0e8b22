package main

import (
	"strings"
	"testing"

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
