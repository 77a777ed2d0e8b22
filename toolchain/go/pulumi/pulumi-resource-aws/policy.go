package main

import (
	"encoding/json"
	"net/url"
	"reflect"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/validation"
)

// policyField is a policy document: JSON whose order and blanks mean nothing.
func policyField() *schema.Schema {
	return &schema.Schema{
		Type:             schema.TypeString,
		Required:         true,
		ValidateFunc:     validation.StringIsJSON,
		DiffSuppressFunc: func(_, before, after string, _ *schema.ResourceData) bool { return samePolicy(before, after) },
	}
}

// samePolicy compares documents by what they say: one action, resource or principal is the same as a list of that one.
func samePolicy(one, other string) bool {
	var a, b any
	if json.Unmarshal([]byte(one), &a) != nil || json.Unmarshal([]byte(other), &b) != nil {
		return one == other
	}
	return reflect.DeepEqual(plain(a), plain(b))
}

func plain(value any) any {
	switch typed := value.(type) {
	case []any:
		if len(typed) == 1 {
			return plain(typed[0])
		}
		list := make([]any, len(typed))
		for i, each := range typed {
			list[i] = plain(each)
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for key, each := range typed {
			object[key] = plain(each)
		}
		return object
	}
	return value
}

// readPolicy decodes a document as IAM answers it (URL-encoded, RFC 3986) and keeps the known text where it says the same.
func readPolicy(known string, answered *string) (string, error) {
	if answered == nil {
		return "", nil
	}
	decoded, err := url.PathUnescape(*answered)
	if err != nil {
		return "", err
	}
	if samePolicy(known, decoded) {
		return known, nil
	}
	return decoded, nil
}
