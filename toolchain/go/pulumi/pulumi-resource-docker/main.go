// Command pulumi-resource-docker is the Pulumi provider "docker" for machines that cannot download the released one: the same
// bridge over the same Terraform provider, with the tokens and field names that @pulumi/docker uses. It does not carry the native
// resource docker.Image (use docker.RemoteImage), and answers no schema: programs in TypeScript never ask for one.
//
// The module's path begins like the Terraform provider's, because what it needs of it is in an internal package.
package main

import (
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// dockerVersion is the version of @pulumi/docker that this plugin serves; set by -ldflags -X.
var dockerVersion = "0.0.0"

func main() {
	tfbridge.Main("docker", dockerVersion, providerInfo(), nil)
}

func providerInfo() tfbridge.ProviderInfo {
	resources := map[string]*tfbridge.ResourceInfo{
		"docker_buildx_builder": {Tok: resource("BuildxBuilder")},
		"docker_config":         {Tok: resource("ServiceConfig")},
		"docker_container": {
			Tok:                 resource("Container"),
			DeleteBeforeReplace: true, // container names are unique
			Fields:              keepNames("command", "networks_advanced"),
		},
		"docker_image":          {Tok: resource("RemoteImage"), Fields: keepNames("name")},
		"docker_network":        {Tok: resource("Network")},
		"docker_plugin":         {Tok: resource("Plugin")},
		"docker_registry_image": {Tok: resource("RegistryImage")},
		"docker_secret":         {Tok: resource("Secret")},
		"docker_service":        {Tok: resource("Service")},
		"docker_tag":            {Tok: resource("Tag")},
		"docker_volume":         {Tok: resource("Volume")},
	}
	functions := map[string]*tfbridge.DataSourceInfo{
		"docker_image":                    {Tok: function("getRemoteImage")},
		"docker_logs":                     {Tok: function("getLogs")},
		"docker_network":                  {Tok: function("getNetwork")},
		"docker_plugin":                   {Tok: function("getPlugin")},
		"docker_registry_image":           {Tok: function("getRegistryImage")},
		"docker_registry_image_manifests": {Tok: function("getRegistryImageManifests")},
	}
	info := tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(provider.New(dockerVersion)()),
		Name:    "docker",
		Version: dockerVersion,
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{EnvVars: []string{"DOCKER_HOST"}, Value: "unix:///var/run/docker.sock"}},
			// Without this the bridge would make the name plural.
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources:   resources,
		DataSources: functions,
	}
	info.SetAutonaming(255, "-")
	return info
}

// resource is the token of a resource: docker:index/container:Container.
func resource(name string) tokens.Type {
	return tokens.Type("docker:index/" + lowerFirst(name) + ":" + name)
}

// function is the token of a data source: docker:index/getNetwork:getNetwork.
func function(name string) tokens.ModuleMember {
	return tokens.ModuleMember("docker:index/" + name + ":" + name)
}

// keepNames spares Terraform fields the plural that the bridge gives to lists, and RemoteImage's name an automatic one.
func keepNames(fields ...string) map[string]*tfbridge.SchemaInfo {
	infos := map[string]*tfbridge.SchemaInfo{}
	for _, field := range fields {
		infos[field] = &tfbridge.SchemaInfo{Name: camelCase(field)}
	}
	return infos
}

func camelCase(field string) string {
	words := strings.Split(field, "_")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

func lowerFirst(name string) string {
	return strings.ToLower(name[:1]) + name[1:]
}
