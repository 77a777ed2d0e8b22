package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/qldb"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// defaultAttempts is few: an endpoint that does not answer is said soon.
const defaultAttempts = 3

type fields = map[string]*schema.Schema

// configSchema is the part of @pulumi/aws's provider configuration that decides where calls go and who makes them.
func configSchema() fields {
	text := func() *schema.Schema { return &schema.Schema{Type: schema.TypeString, Optional: true} }
	secret := func() *schema.Schema { return &schema.Schema{Type: schema.TypeString, Optional: true, Sensitive: true} }
	flag := func() *schema.Schema { return &schema.Schema{Type: schema.TypeBool, Optional: true} }
	files := func() *schema.Schema {
		return &schema.Schema{Type: schema.TypeList, Optional: true, Elem: &schema.Schema{Type: schema.TypeString}}
	}
	return fields{
		"region":                      text(),
		"profile":                     text(),
		"access_key":                  secret(),
		"secret_key":                  secret(),
		"token":                       secret(),
		"shared_config_files":         files(),
		"shared_credentials_files":    files(),
		"max_retries":                 {Type: schema.TypeInt, Optional: true},
		"skip_credentials_validation": flag(),
		"skip_region_validation":      flag(),
		"skip_requesting_account_id":  flag(),
		"skip_metadata_api_check":     {Type: schema.TypeString, Optional: true},
		"endpoints": {Type: schema.TypeSet, Optional: true, Elem: &schema.Resource{
			Schema: fields{"iam": text(), "qldb": text(), "sts": text()},
		}},
	}
}

// clients make the calls of all resources.
type clients struct {
	region string
	iam    *iam.Client
	qldb   *qldb.Client
}

// configure makes no call: credentials are looked for when the first call needs them, so that a preview does without.
func configure(ctx context.Context, data *schema.ResourceData) (any, diag.Diagnostics) {
	loaded, err := config.LoadDefaultConfig(ctx, loadOptions(data)...)
	if err != nil {
		return nil, diag.Errorf("the AWS configuration cannot be read: %s", err)
	}
	endpoints := endpointsOf(data)
	return &clients{
		region: loaded.Region,
		iam:    iam.NewFromConfig(loaded, func(options *iam.Options) { options.BaseEndpoint = endpoints["iam"] }),
		qldb:   qldb.NewFromConfig(loaded, func(options *qldb.Options) { options.BaseEndpoint = endpoints["qldb"] }),
	}, nil
}

func loadOptions(data *schema.ResourceData) []func(*config.LoadOptions) error {
	attempts := defaultAttempts
	if retries, set := data.GetOk("max_retries"); set {
		attempts = retries.(int) + 1
	}
	options := []func(*config.LoadOptions) error{
		config.WithRetryer(func() aws.Retryer { return retry.AddWithMaxAttempts(retry.NewStandard(), attempts) }),
	}
	if region := data.Get("region").(string); region != "" {
		options = append(options, config.WithRegion(region))
	}
	if profile := data.Get("profile").(string); profile != "" {
		options = append(options, config.WithSharedConfigProfile(profile))
	}
	if key := data.Get("access_key").(string); key != "" {
		given := credentials.NewStaticCredentialsProvider(key, data.Get("secret_key").(string), data.Get("token").(string))
		options = append(options, config.WithCredentialsProvider(given))
	}
	if files := texts(data.Get("shared_config_files")); len(files) > 0 {
		options = append(options, config.WithSharedConfigFiles(files))
	}
	if files := texts(data.Get("shared_credentials_files")); len(files) > 0 {
		options = append(options, config.WithSharedCredentialsFiles(files))
	}
	if data.Get("skip_metadata_api_check").(string) == "true" {
		options = append(options, config.WithEC2IMDSClientEnableState(imds.ClientDisabled))
	}
	return options
}

// endpointsOf is nil for a service that answers at AWS's own address.
func endpointsOf(data *schema.ResourceData) map[string]*string {
	found := map[string]*string{}
	for _, each := range data.Get("endpoints").(*schema.Set).List() {
		for service, url := range each.(map[string]any) {
			if text := url.(string); text != "" {
				found[service] = aws.String(text)
			}
		}
	}
	return found
}

func texts(value any) []string {
	var found []string
	for _, each := range value.([]any) {
		found = append(found, each.(string))
	}
	return found
}
