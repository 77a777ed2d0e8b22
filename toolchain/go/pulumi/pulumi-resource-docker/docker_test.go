package main

import (
	"testing"

	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

func TestEveryResourceAndDataSourceIsMapped(t *testing.T) {
	info := providerInfo()
	terraform := provider.New("test")()
	for name := range terraform.ResourcesMap {
		if info.Resources[name] == nil {
			t.Errorf("resource %s has no token", name)
		}
	}
	for name := range terraform.DataSourcesMap {
		if info.DataSources[name] == nil {
			t.Errorf("data source %s has no token", name)
		}
	}
	if len(info.Resources) > len(terraform.ResourcesMap) || len(info.DataSources) > len(terraform.DataSourcesMap) {
		t.Error("something is mapped that does not exist")
	}
}

func TestTokens(t *testing.T) {
	if token := providerInfo().Resources["docker_image"].Tok; token != "docker:index/remoteImage:RemoteImage" {
		t.Errorf("token %s", token)
	}
	if token := providerInfo().DataSources["docker_logs"].Tok; token != "docker:index/getLogs:getLogs" {
		t.Errorf("token %s", token)
	}
}

func TestFieldsKeepTheirNames(t *testing.T) {
	fields := providerInfo().Resources["docker_container"].Fields
	for field, name := range map[string]string{"command": "command", "networks_advanced": "networksAdvanced"} {
		if fields[field].Name != name {
			t.Errorf("%s is named %s", field, fields[field].Name)
		}
	}
}
