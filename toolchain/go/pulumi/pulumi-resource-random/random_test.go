package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// created makes a resource of the provider with these inputs and gives back what it became.
func created(t *testing.T, resource string, inputs map[string]any) *schema.ResourceData {
	t.Helper()
	definition := terraformProvider().ResourcesMap[resource]
	data := schema.TestResourceDataRaw(t, definition.Schema, inputs)
	if diagnostics := definition.CreateContext(t.Context(), data, nil); diagnostics.HasError() {
		t.Fatal(diagnostics)
	}
	return data
}

func TestProviderIsValid(t *testing.T) {
	if err := terraformProvider().InternalValidate(); err != nil {
		t.Fatal(err)
	}
}

func TestTokens(t *testing.T) {
	for name, info := range providerInfo().Resources {
		if _, there := terraformProvider().ResourcesMap[name]; !there {
			t.Errorf("%s is mapped and does not exist", name)
		}
		if want := regexp.MustCompile(`^random:index/random[A-Z]\w+:Random[A-Z]\w+$`); !want.MatchString(string(info.Tok)) {
			t.Errorf("token %s", info.Tok)
		}
	}
}

func TestEveryInputReplaces(t *testing.T) {
	for name, resource := range terraformProvider().ResourcesMap {
		for field, schema := range resource.Schema {
			if !schema.Computed && !schema.ForceNew {
				t.Errorf("%s.%s can change, and nothing updates it", name, field)
			}
		}
	}
}

func TestPassword(t *testing.T) {
	data := created(t, "random_password", map[string]any{"length": 40, "special": false})
	result := data.Get("result").(string)
	if !regexp.MustCompile(`^[A-Za-z0-9]{40}$`).MatchString(result) {
		t.Errorf("result %q", result)
	}
	if data.Id() == result {
		t.Error("the id gives the password away")
	}
	if !strings.HasPrefix(data.Get("bcrypt_hash").(string), "$2a$") {
		t.Errorf("hash %q", data.Get("bcrypt_hash"))
	}
	for _, field := range []string{"result", "bcrypt_hash"} {
		if !passwordResource().Schema[field].Sensitive {
			t.Errorf("%s is no secret", field)
		}
	}
}

func TestStringKeepsItsMinimums(t *testing.T) {
	data := created(t, "random_string", map[string]any{
		"length": 6, "upper": false, "min_numeric": 2, "min_special": 3, "override_special": "_",
	})
	result := data.Get("result").(string)
	if len(result) != 6 || strings.Count(result, "_") < 3 || len(regexp.MustCompile(`\d`).FindAllString(result, -1)) < 2 {
		t.Errorf("result %q", result)
	}
	if strings.ToLower(result) != result {
		t.Errorf("result %q has capitals", result)
	}
}

func TestTextNeedsRoomAndLetters(t *testing.T) {
	if _, err := randomText(rules{length: 3, kinds: []kind{{digits, 4}}}); err == nil || !strings.Contains(err.Error(), "at least 4") {
		t.Errorf("length below the minimums: %v", err)
	}
	if _, err := randomText(rules{length: 3}); err == nil || !strings.Contains(err.Error(), "no kind of character") {
		t.Errorf("no letters: %v", err)
	}
}

func TestIdSaysTheSameInAllForms(t *testing.T) {
	data := created(t, "random_id", map[string]any{"byte_length": 8, "prefix": "x-"})
	if want := regexp.MustCompile(`^x-[0-9a-f]{16}$`); !want.MatchString(data.Get("hex").(string)) {
		t.Errorf("hex %q", data.Get("hex"))
	}
	if data.Get("b64_url").(string) != "x-"+data.Id() {
		t.Errorf("b64_url %q, id %q", data.Get("b64_url"), data.Id())
	}
}

func TestPetAndUuid(t *testing.T) {
	pet := created(t, "random_pet", map[string]any{"length": 3, "prefix": "a", "separator": "_"}).Id()
	if !regexp.MustCompile(`^a_[a-z]+_[a-z]+_[a-z]+$`).MatchString(pet) {
		t.Errorf("pet %q", pet)
	}
	uuid := created(t, "random_uuid", map[string]any{})
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(uuid.Id()) {
		t.Errorf("uuid %q", uuid.Id())
	}
}
