package main

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// rolePolicyResource is aws:iam/rolePolicy:RolePolicy: a policy inside a role. Its id is role:name.
// API: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
func rolePolicyResource() *schema.Resource {
	return &schema.Resource{
		Schema: fields{
			"name":        {Type: schema.TypeString, Optional: true, Computed: true, ForceNew: true, ConflictsWith: []string{"name_prefix"}},
			"name_prefix": {Type: schema.TypeString, Optional: true, Computed: true, ForceNew: true, ConflictsWith: []string{"name"}},
			"policy":      policyField(),
			"role":        {Type: schema.TypeString, Required: true, ForceNew: true},
		},
		Importer:      &schema.ResourceImporter{StateContext: schema.ImportStatePassthroughContext},
		CreateContext: putRolePolicy,
		ReadContext:   readRolePolicy,
		UpdateContext: putRolePolicy,
		DeleteContext: deleteRolePolicy,
	}
}

func putRolePolicy(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	role := data.Get("role").(string)
	name := nameOf(data)
	input := &iam.PutRolePolicyInput{
		RoleName: aws.String(role), PolicyName: aws.String(name), PolicyDocument: aws.String(data.Get("policy").(string)),
	}
	if _, err := meta.(*clients).iam.PutRolePolicy(ctx, input); err != nil {
		return diag.Errorf("putting IAM Role (%s) Policy (%s): %s", role, name, err)
	}
	data.SetId(role + ":" + name)
	return readRolePolicy(ctx, data, meta)
}

func readRolePolicy(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	role, name, found := strings.Cut(data.Id(), ":")
	if !found {
		return diag.Errorf("the id of an IAM role policy is role:policy, not %q", data.Id())
	}
	input := &iam.GetRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String(name)}
	answer, err := meta.(*clients).iam.GetRolePolicy(ctx, input)
	if isNoEntity(err) {
		data.SetId("")
		return nil
	}
	if err != nil {
		return diag.Errorf("reading IAM Role (%s) Policy (%s): %s", role, name, err)
	}
	policy, err := readPolicy(data.Get("policy").(string), answer.PolicyDocument)
	if err != nil {
		return diag.Errorf("reading IAM Role (%s) Policy (%s): %s", role, name, err)
	}
	outputs := map[string]any{"name": name, "name_prefix": data.Get("name_prefix"), "policy": policy, "role": role}
	if err := set(data, outputs); err != nil {
		return diag.FromErr(err)
	}
	return nil
}

func deleteRolePolicy(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	role, name, _ := strings.Cut(data.Id(), ":")
	input := &iam.DeleteRolePolicyInput{RoleName: aws.String(role), PolicyName: aws.String(name)}
	if _, err := meta.(*clients).iam.DeleteRolePolicy(ctx, input); ignoringGone(err) != nil {
		return diag.Errorf("deleting IAM Role (%s) Policy (%s): %s", role, name, err)
	}
	return nil
}
