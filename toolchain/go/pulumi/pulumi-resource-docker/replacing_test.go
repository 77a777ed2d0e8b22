package main

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// Previews of pull requests say what would be replaced by previews/replacing.json. It has to be what this provider's schema says.
func TestPreviewsKnowWhatReplaces(t *testing.T) {
	text, err := os.ReadFile("../../../../previews/replacing.json")
	if err != nil {
		t.Fatal(err)
	}
	var known map[string][]string
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	info := providerInfo()
	for _, name := range []string{"docker_container", "docker_image", "docker_network", "docker_volume"} {
		token := string(info.Resources[name].Tok)
		wanted := replacing(info, name)
		if !slices.Equal(known[token], wanted) {
			list, _ := json.Marshal(wanted)
			t.Errorf("previews/replacing.json, %q has to be %s", token, list)
		}
	}
}

// replacing lists the inputs of a resource that cannot be changed without replacing it, by their names in Pulumi.
func replacing(info tfbridge.ProviderInfo, name string) []string {
	fields := info.P.ResourcesMap().Get(name).Schema()
	names := []string{}
	fields.Range(func(field string, schema shim.Schema) bool {
		if schema.ForceNew() && (schema.Required() || schema.Optional()) {
			names = append(names, tfbridge.TerraformToPulumiNameV2(field, fields, info.Resources[name].Fields))
		}
		return true
	})
	slices.Sort(names)
	return names
}
