// Command pulumi-resource-aws is the Pulumi provider "aws" for machines that cannot download the released one. It has the three types
// that stacks declare in ledger mode aws, with the inputs, outputs and ids of @pulumi/aws, and refuses every other type by its name.
package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/info"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// awsVersion is the version of @pulumi/aws that this plugin serves; set by -ldflags -X.
var awsVersion = "0.0.0"

func main() {
	err := provider.Main("aws", func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return newServer(context.Background(), host), nil
	})
	if err != nil {
		cmdutil.ExitError(err.Error())
	}
}

func newServer(ctx context.Context, host *provider.HostClient) pulumirpc.ResourceProviderServer {
	bridged := providerInfo()
	return refusing{tfbridge.NewProvider(ctx, host, "aws", awsVersion, bridged.P, bridged, nil)}
}

func providerInfo() tfbridge.ProviderInfo {
	bridged := tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(terraformProvider()),
		Name:    "aws",
		Version: awsVersion,
		Config: map[string]*info.Schema{
			"skip_metadata_api_check": {Type: "boolean"},
		},
		Resources: map[string]*info.Resource{
			"aws_qldb_ledger": {
				Tok:    "aws:qldb/ledger:Ledger",
				Fields: map[string]*info.Schema{"name": tfbridge.AutoName("name", 32, "-")},
			},
			"aws_iam_role": {
				Tok: "aws:iam/role:Role",
				Fields: map[string]*info.Schema{
					"name":               tfbridge.AutoName("name", 64, "-"),
					"assume_role_policy": {Transform: tfbridge.TransformJSONDocument},
				},
			},
			"aws_iam_role_policy": {
				Tok: "aws:iam/rolePolicy:RolePolicy",
				Fields: map[string]*info.Schema{
					"name":   tfbridge.AutoName("name", 128, "-"),
					"policy": {Transform: tfbridge.TransformJSONDocument},
				},
			},
		},
	}
	return bridged
}

func terraformProvider() *schema.Provider {
	return &schema.Provider{
		Schema:               configSchema(),
		ConfigureContextFunc: configure,
		ResourcesMap: map[string]*schema.Resource{
			"aws_qldb_ledger":     ledgerResource(),
			"aws_iam_role":        roleResource(),
			"aws_iam_role_policy": rolePolicyResource(),
		},
	}
}

// refusing says what is missing where a program declares more than this plugin has. Check is a resource's first call, Read an import's.
type refusing struct {
	pulumirpc.ResourceProviderServer
}

func (r refusing) Check(ctx context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	if err := known(request.GetUrn()); err != nil {
		return nil, err
	}
	return r.ResourceProviderServer.Check(ctx, request)
}

func (r refusing) Read(ctx context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if err := known(request.GetUrn()); err != nil {
		return nil, err
	}
	return r.ResourceProviderServer.Read(ctx, request)
}

func (r refusing) Invoke(_ context.Context, request *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	return nil, refusal("function " + request.GetTok())
}

func known(urn string) error {
	token := resource.URN(urn).Type()
	if slices.Contains(tokensOf(providerInfo()), token) {
		return nil
	}
	return refusal("type " + string(token))
}

func refusal(what string) error {
	var names []string
	for _, token := range tokensOf(providerInfo()) {
		names = append(names, string(token))
	}
	return fmt.Errorf("%s is not in this build of the aws plugin, which has %s; use the released plugin: pulumi plugin install resource aws %s",
		what, strings.Join(names, ", "), awsVersion)
}

func tokensOf(bridged tfbridge.ProviderInfo) []tokens.Type {
	var found []tokens.Type
	for _, each := range bridged.Resources {
		found = append(found, each.Tok)
	}
	slices.Sort(found)
	return found
}
