// Command pulumi-resource-random is the Pulumi provider "random" for machines that cannot download the released one. It has the
// resources that programs use most, with the inputs, outputs, defaults and secrets of @pulumi/random: a change of any input, keepers
// among them, replaces the resource.
package main

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// randomVersion is the version of @pulumi/random that this plugin serves; set by -ldflags -X.
var randomVersion = "0.0.0"

func main() {
	tfbridge.Main("random", randomVersion, providerInfo(), nil)
}

func providerInfo() tfbridge.ProviderInfo {
	return tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(terraformProvider()),
		Name:    "random",
		Version: randomVersion,
		Resources: map[string]*tfbridge.ResourceInfo{
			"random_id":       {Tok: token("RandomId")},
			"random_password": {Tok: token("RandomPassword")},
			"random_pet":      {Tok: token("RandomPet")},
			"random_string":   {Tok: token("RandomString")},
			"random_uuid":     {Tok: token("RandomUuid")},
		},
	}
}

func token(name string) tokens.Type {
	return tokens.Type("random:index/r" + name[1:] + ":" + name)
}

func terraformProvider() *schema.Provider {
	return &schema.Provider{ResourcesMap: map[string]*schema.Resource{
		"random_id":       idResource(),
		"random_password": passwordResource(),
		"random_pet":      petResource(),
		"random_string":   stringResource(),
		"random_uuid":     uuidResource(),
	}}
}
