package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"math/big"

	petname "github.com/dustinkirkland/golang-petname"
	"github.com/google/uuid"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/validation"
)

type fields = map[string]*schema.Schema

// resource is made once and never updated: every input forces a replacement, and there is nothing to read or delete elsewhere.
func resource(own fields, create func(*schema.ResourceData) error) *schema.Resource {
	nothing := func(context.Context, *schema.ResourceData, any) diag.Diagnostics { return nil }
	all := fields{"keepers": {
		Type: schema.TypeMap, Elem: &schema.Schema{Type: schema.TypeString}, Optional: true, ForceNew: true,
	}}
	for name, field := range own {
		all[name] = field
	}
	return &schema.Resource{
		Schema: all,
		CreateContext: func(_ context.Context, data *schema.ResourceData, _ any) diag.Diagnostics {
			return diag.FromErr(create(data))
		},
		ReadContext:   nothing,
		DeleteContext: nothing,
	}
}

func input(kind schema.ValueType, defaultValue any) *schema.Schema {
	return &schema.Schema{Type: kind, Optional: true, ForceNew: true, Default: defaultValue}
}

func required(kind schema.ValueType) *schema.Schema {
	return &schema.Schema{Type: kind, Required: true, ForceNew: true}
}

func output(sensitive bool) *schema.Schema {
	return &schema.Schema{Type: schema.TypeString, Computed: true, Sensitive: sensitive}
}

// set writes outputs in one go and reports the first that does not fit the schema.
func set(data *schema.ResourceData, outputs map[string]any) error {
	for name, value := range outputs {
		if err := data.Set(name, value); err != nil {
			return err
		}
	}
	return nil
}

func idResource() *schema.Resource {
	own := fields{
		"byte_length": required(schema.TypeInt),
		"prefix":      input(schema.TypeString, nil),
		"b64_url":     output(false),
		"b64_std":     output(false),
		"hex":         output(false),
		"dec":         output(false),
	}
	own["byte_length"].ValidateFunc = validation.IntAtLeast(1)
	return resource(own, func(data *schema.ResourceData) error {
		bytes := make([]byte, data.Get("byte_length").(int))
		if _, err := rand.Read(bytes); err != nil {
			return err
		}
		prefix := data.Get("prefix").(string)
		data.SetId(base64.RawURLEncoding.EncodeToString(bytes))
		return set(data, map[string]any{
			"b64_url": prefix + base64.RawURLEncoding.EncodeToString(bytes),
			"b64_std": prefix + base64.StdEncoding.EncodeToString(bytes),
			"hex":     prefix + hex.EncodeToString(bytes),
			"dec":     prefix + new(big.Int).SetBytes(bytes).String(),
		})
	})
}

func uuidResource() *schema.Resource {
	return resource(fields{"result": output(false)}, func(data *schema.ResourceData) error {
		id, err := uuid.NewRandom()
		if err != nil {
			return err
		}
		data.SetId(id.String())
		return data.Set("result", id.String())
	})
}

func petResource() *schema.Resource {
	own := fields{
		"length":    input(schema.TypeInt, 2),
		"prefix":    input(schema.TypeString, nil),
		"separator": input(schema.TypeString, "-"),
	}
	own["length"].ValidateFunc = validation.IntAtLeast(1)
	return resource(own, func(data *schema.ResourceData) error {
		separator := data.Get("separator").(string)
		name := petname.Generate(data.Get("length").(int), separator)
		if prefix := data.Get("prefix").(string); prefix != "" {
			name = prefix + separator + name
		}
		data.SetId(name)
		return nil
	})
}
