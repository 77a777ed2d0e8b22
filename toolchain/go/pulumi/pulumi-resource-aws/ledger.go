package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/qldb"
	"github.com/aws/aws-sdk-go-v2/service/qldb/types"
	"github.com/aws/smithy-go"
	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/validation"
)

const (
	// ledgerTimeout is how long a ledger may take to become active, or to be gone.
	ledgerTimeout = 5 * time.Minute
	// firstPause between two looks; each is longer than the one before, up to longestPause.
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// ledgerResource is aws:qldb/ledger:Ledger.
// API: https://docs.aws.amazon.com/qldb/latest/developerguide/api-reference.html
func ledgerResource() *schema.Resource {
	own := fields{
		"arn":  {Type: schema.TypeString, Computed: true},
		"name": {Type: schema.TypeString, Required: true, ForceNew: true, ValidateFunc: validation.StringLenBetween(1, 32)},
		"permissions_mode": {
			Type: schema.TypeString, Required: true, ValidateFunc: validation.StringInSlice([]string{"ALLOW_ALL", "STANDARD"}, false),
		},
		"deletion_protection": {Type: schema.TypeBool, Optional: true, Default: true},
		"kms_key":             {Type: schema.TypeString, Optional: true, Computed: true},
		"region":              {Type: schema.TypeString, Optional: true, Computed: true, ForceNew: true},
	}
	return &schema.Resource{
		Schema:        merged(own, tagFields()),
		CustomizeDiff: planTags,
		Importer:      &schema.ResourceImporter{StateContext: schema.ImportStatePassthroughContext},
		Timeouts: &schema.ResourceTimeout{
			Create: schema.DefaultTimeout(ledgerTimeout), Delete: schema.DefaultTimeout(ledgerTimeout),
		},
		CreateContext: createLedger,
		ReadContext:   readLedger,
		UpdateContext: updateLedger,
		DeleteContext: deleteLedger,
	}
}

// inRegion is the resource's own region, where it names one.
func inRegion(data *schema.ResourceData, all *clients) func(*qldb.Options) {
	return func(options *qldb.Options) {
		if region := data.Get("region").(string); region != "" {
			options.Region = region
		}
	}
}

func createLedger(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	all := meta.(*clients)
	name := data.Get("name").(string)
	input := &qldb.CreateLedgerInput{
		Name:               aws.String(name),
		PermissionsMode:    types.PermissionsMode(data.Get("permissions_mode").(string)),
		DeletionProtection: aws.Bool(data.Get("deletion_protection").(bool)),
		Tags:               aws.StringMap(tagsOf(data.Get("tags"))),
	}
	if key := data.Get("kms_key").(string); key != "" {
		input.KmsKey = aws.String(key)
	}
	if _, err := all.qldb.CreateLedger(ctx, input, inRegion(data, all)); err != nil {
		return diag.Errorf("creating QLDB Ledger (%s): %s", name, err)
	}
	// From here on it exists, whatever else fails.
	data.SetId(name)
	err := waitForLedger(ctx, data, all, data.Timeout(schema.TimeoutCreate), func(state types.LedgerState, there bool) bool {
		return there && state == types.LedgerStateActive
	})
	if err != nil {
		return diag.Errorf("waiting for QLDB Ledger (%s) to be active: %s", name, err)
	}
	return readLedger(ctx, data, meta)
}

func readLedger(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	all := meta.(*clients)
	found, err := all.qldb.DescribeLedger(ctx, &qldb.DescribeLedgerInput{Name: aws.String(data.Id())}, inRegion(data, all))
	if isGone(err) || (err == nil && found.State == types.LedgerStateDeleted) {
		data.SetId("")
		return nil
	}
	if err != nil {
		return diag.Errorf("reading QLDB Ledger (%s): %s", data.Id(), err)
	}
	tags, err := all.qldb.ListTagsForResource(ctx, &qldb.ListTagsForResourceInput{ResourceArn: found.Arn}, inRegion(data, all))
	if err != nil {
		return diag.Errorf("listing tags of QLDB Ledger (%s): %s", data.Id(), err)
	}
	region := data.Get("region").(string)
	if region == "" {
		region = all.region
	}
	key := ""
	if found.EncryptionDescription != nil {
		key = aws.ToString(found.EncryptionDescription.KmsKeyArn)
	}
	outputs := map[string]any{
		"arn":                 aws.ToString(found.Arn),
		"name":                aws.ToString(found.Name),
		"permissions_mode":    string(found.PermissionsMode),
		"deletion_protection": aws.ToBool(found.DeletionProtection),
		"kms_key":             key,
		"region":              region,
	}
	if err := errors.Join(set(data, outputs), setTags(data, aws.ToStringMap(tags.Tags))); err != nil {
		return diag.FromErr(err)
	}
	return nil
}

func updateLedger(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	all := meta.(*clients)
	name := aws.String(data.Id())
	if data.HasChange("permissions_mode") {
		input := &qldb.UpdateLedgerPermissionsModeInput{
			Name: name, PermissionsMode: types.PermissionsMode(data.Get("permissions_mode").(string)),
		}
		if _, err := all.qldb.UpdateLedgerPermissionsMode(ctx, input, inRegion(data, all)); err != nil {
			return diag.Errorf("updating permissions mode of QLDB Ledger (%s): %s", data.Id(), err)
		}
	}
	if data.HasChanges("deletion_protection", "kms_key") {
		input := &qldb.UpdateLedgerInput{Name: name, DeletionProtection: aws.Bool(data.Get("deletion_protection").(bool))}
		if data.HasChange("kms_key") {
			input.KmsKey = aws.String(data.Get("kms_key").(string))
		}
		if _, err := all.qldb.UpdateLedger(ctx, input, inRegion(data, all)); err != nil {
			return diag.Errorf("updating QLDB Ledger (%s): %s", data.Id(), err)
		}
	}
	if data.HasChange("tags") {
		if err := updateLedgerTags(ctx, data, all); err != nil {
			return diag.Errorf("updating tags of QLDB Ledger (%s): %s", data.Id(), err)
		}
	}
	return readLedger(ctx, data, meta)
}

func updateLedgerTags(ctx context.Context, data *schema.ResourceData, all *clients) error {
	arn := aws.String(data.Get("arn").(string))
	written, removed := changedTags(data)
	if len(removed) > 0 {
		input := &qldb.UntagResourceInput{ResourceArn: arn, TagKeys: removed}
		if _, err := all.qldb.UntagResource(ctx, input, inRegion(data, all)); err != nil {
			return err
		}
	}
	if len(written) == 0 {
		return nil
	}
	_, err := all.qldb.TagResource(ctx, &qldb.TagResourceInput{ResourceArn: arn, Tags: aws.StringMap(written)}, inRegion(data, all))
	return err
}

func deleteLedger(ctx context.Context, data *schema.ResourceData, meta any) diag.Diagnostics {
	all := meta.(*clients)
	_, err := all.qldb.DeleteLedger(ctx, &qldb.DeleteLedgerInput{Name: aws.String(data.Id())}, inRegion(data, all))
	if isGone(err) {
		return nil
	}
	if err != nil {
		return diag.Errorf("deleting QLDB Ledger (%s): %s", data.Id(), err)
	}
	err = waitForLedger(ctx, data, all, data.Timeout(schema.TimeoutDelete), func(state types.LedgerState, there bool) bool {
		return !there || state == types.LedgerStateDeleted
	})
	// AWS has taken the order: whoever may not look cannot see it carried out.
	if err != nil && !isDenied(err) {
		return diag.Errorf("waiting for QLDB Ledger (%s) to be deleted: %s", data.Id(), err)
	}
	return nil
}

// waitForLedger looks until the ledger is as wanted.
func waitForLedger(
	ctx context.Context, data *schema.ResourceData, all *clients, limit time.Duration, wanted func(types.LedgerState, bool) bool,
) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		found, err := all.qldb.DescribeLedger(ctx, &qldb.DescribeLedgerInput{Name: aws.String(data.Id())}, inRegion(data, all))
		if err != nil && !isGone(err) {
			return err
		}
		state := types.LedgerState("GONE")
		if err == nil {
			state = found.State
		}
		if wanted(state, err == nil) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("it is %s after %s", state, limit)
		case <-time.After(pause):
		}
	}
}

func isDenied(err error) bool {
	var answered smithy.APIError
	return errors.As(err, &answered) && strings.HasPrefix(answered.ErrorCode(), "AccessDenied")
}

func isGone(err error) bool {
	var gone *types.ResourceNotFoundException
	return errors.As(err, &gone)
}
