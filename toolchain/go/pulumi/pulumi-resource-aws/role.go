package main

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/id"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/validation"
)

// roleResource is aws:iam/role:Role, without inlinePolicies and managedPolicyArns: those are resources of their own.
// API: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
func roleResource() *schema.Resource {
	own := fields{
		"arn":                   {Type: schema.TypeString, Computed: true},
		"assume_role_policy":    policyField(),
		"create_date":           {Type: schema.TypeString, Computed: true},
		"description":           {Type: schema.TypeString, Optional: true, ValidateFunc: validation.StringLenBetween(0, 1000)},
		"force_detach_policies": {Type: schema.TypeBool, Optional: true, Default: false},
		"max_session_duration":  {Type: schema.TypeInt, Optional: true, Default: 3600, ValidateFunc: validation.IntBetween(3600, 43200)},
		"name":                  {Type: schema.TypeString, Optional: true, Computed: true, ForceNew: true, ConflictsWith: []string{"name_prefix"}},
		"name_prefix":           {Type: schema.TypeString, Optional: true, Computed: true, ForceNew: true, ConflictsWith: []string{"name"}},
		"path":                  {Type: schema.TypeString, Optional: true, Default: "/", ForceNew: true},
		"permissions_boundary":  {Type: schema.TypeString, Optional: true},
		"unique_id":             {Type: schema.TypeString, Computed: true},
	}
	return &schema.Resource{
		Schema:        merged(own, tagFields()),
		CustomizeDiff: planTags,
		Importer: &schema.ResourceImporter{StateContext: func(
			_ context.Context, data *schema.ResourceData, _ any,
		) ([]*schema.ResourceData, error) {
			return []*schema.ResourceData{data}, data.Set("force_detach_policies", false)
		}},
		CreateContext: createRole,
		ReadContext:   readRole,
		UpdateContext: updateRole,
		DeleteContext: deleteRole,
	}
}

// nameOf is the given name, or a unique one that begins with name_prefix.
func nameOf(data *schema.ResourceData) string {
	if name := data.Get("name").(string); name != "" {
		return name
	}
	if prefix := data.Get("name_prefix").(string); prefix != "" {
		return id.PrefixedUniqueId(prefix)
	}
	return id.UniqueId()
}

func optional(text any) *string {
	if text.(string) == "" {
		return nil
	}
	return aws.String(text.(string))
}

func createRole(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	name := nameOf(data)
	input := &iam.CreateRoleInput{
		RoleName:                 aws.String(name),
		AssumeRolePolicyDocument: aws.String(data.Get("assume_role_policy").(string)),
		Path:                     optional(data.Get("path")),
		Description:              optional(data.Get("description")),
		MaxSessionDuration:       aws.Int32(int32(data.Get("max_session_duration").(int))),
		PermissionsBoundary:      optional(data.Get("permissions_boundary")),
		Tags:                     iamTags(tagsOf(data.Get("tags"))),
	}
	if _, err := meta.(*clients).iam.CreateRole(ctx, input); err != nil {
		return diag.Errorf("creating IAM Role (%s): %s", name, err)
	}
	data.SetId(name)
	return readRole(ctx, data, meta)
}

func readRole(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	answer, err := meta.(*clients).iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(data.Id())})
	if isNoEntity(err) {
		data.SetId("")
		return nil
	}
	if err != nil {
		return diag.Errorf("reading IAM Role (%s): %s", data.Id(), err)
	}
	role := answer.Role
	policy, err := readPolicy(data.Get("assume_role_policy").(string), role.AssumeRolePolicyDocument)
	if err != nil {
		return diag.Errorf("reading the trust policy of IAM Role (%s): %s", data.Id(), err)
	}
	boundary := ""
	if role.PermissionsBoundary != nil {
		boundary = aws.ToString(role.PermissionsBoundary.PermissionsBoundaryArn)
	}
	duration := int32(3600)
	if role.MaxSessionDuration != nil {
		duration = *role.MaxSessionDuration
	}
	tags := map[string]string{}
	for _, tag := range role.Tags {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	outputs := map[string]any{
		"arn":                  aws.ToString(role.Arn),
		"assume_role_policy":   policy,
		"create_date":          aws.ToTime(role.CreateDate).UTC().Format(time.RFC3339),
		"description":          aws.ToString(role.Description),
		"max_session_duration": int(duration),
		"name":                 aws.ToString(role.RoleName),
		"name_prefix":          data.Get("name_prefix"),
		"path":                 aws.ToString(role.Path),
		"permissions_boundary": boundary,
		"unique_id":            aws.ToString(role.RoleId),
	}
	if err := errors.Join(set(data, outputs), setTags(data, tags)); err != nil {
		return diag.FromErr(err)
	}
	return nil
}

func updateRole(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	client, name := meta.(*clients).iam, aws.String(data.Id())
	failed := func(what string, err error) diag.Diagnostics {
		return diag.Errorf("updating %s of IAM Role (%s): %s", what, data.Id(), err)
	}
	if data.HasChange("assume_role_policy") {
		input := &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(data.Get("assume_role_policy").(string))}
		if _, err := client.UpdateAssumeRolePolicy(ctx, input); err != nil {
			return failed("the trust policy", err)
		}
	}
	if data.HasChanges("description", "max_session_duration") {
		input := &iam.UpdateRoleInput{
			RoleName:           name,
			Description:        aws.String(data.Get("description").(string)),
			MaxSessionDuration: aws.Int32(int32(data.Get("max_session_duration").(int))),
		}
		if _, err := client.UpdateRole(ctx, input); err != nil {
			return failed("the settings", err)
		}
	}
	if data.HasChange("permissions_boundary") {
		if err := updateBoundary(ctx, client, name, optional(data.Get("permissions_boundary"))); err != nil {
			return failed("the permissions boundary", err)
		}
	}
	if data.HasChange("tags") {
		if err := updateRoleTags(ctx, client, name, data); err != nil {
			return failed("tags", err)
		}
	}
	return readRole(ctx, data, meta)
}

func updateBoundary(ctx context.Context, client *iam.Client, name, boundary *string) error {
	if boundary == nil {
		_, err := client.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: name})
		return err
	}
	_, err := client.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: name, PermissionsBoundary: boundary})
	return err
}

func updateRoleTags(ctx context.Context, client *iam.Client, name *string, data *schema.ResourceData) error {
	written, removed := changedTags(data)
	if len(removed) > 0 {
		if _, err := client.UntagRole(ctx, &iam.UntagRoleInput{RoleName: name, TagKeys: removed}); err != nil {
			return err
		}
	}
	if len(written) == 0 {
		return nil
	}
	_, err := client.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: iamTags(written)})
	return err
}

func deleteRole(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	client, name := meta.(*clients).iam, aws.String(data.Id())
	if data.Get("force_detach_policies").(bool) {
		if err := detachPolicies(ctx, client, name); err != nil {
			return diag.Errorf("detaching policies of IAM Role (%s): %s", data.Id(), err)
		}
	}
	_, err := client.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	if err != nil && !isNoEntity(err) {
		return diag.Errorf("deleting IAM Role (%s): %s", data.Id(), err)
	}
	return nil
}

// detachPolicies takes away what others attached to the role: IAM deletes none that has a policy.
func detachPolicies(ctx context.Context, client *iam.Client, name *string) error {
	attached := iam.NewListAttachedRolePoliciesPaginator(client, &iam.ListAttachedRolePoliciesInput{RoleName: name})
	for attached.HasMorePages() {
		page, err := attached.NextPage(ctx)
		if err != nil {
			return ignoringGone(err)
		}
		for _, policy := range page.AttachedPolicies {
			input := &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: policy.PolicyArn}
			if _, err := client.DetachRolePolicy(ctx, input); ignoringGone(err) != nil {
				return err
			}
		}
	}
	inline := iam.NewListRolePoliciesPaginator(client, &iam.ListRolePoliciesInput{RoleName: name})
	for inline.HasMorePages() {
		page, err := inline.NextPage(ctx)
		if err != nil {
			return ignoringGone(err)
		}
		for _, policy := range page.PolicyNames {
			input := &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String(policy)}
			if _, err := client.DeleteRolePolicy(ctx, input); ignoringGone(err) != nil {
				return err
			}
		}
	}
	return nil
}

func ignoringGone(err error) error {
	if isNoEntity(err) {
		return nil
	}
	return err
}

func isNoEntity(err error) bool {
	var gone *types.NoSuchEntityException
	return errors.As(err, &gone)
}

func iamTags(tags map[string]string) []types.Tag {
	var list []types.Tag
	for key, text := range tags {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(text)})
	}
	return list
}
