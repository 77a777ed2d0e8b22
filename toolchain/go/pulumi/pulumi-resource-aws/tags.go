package main

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
)

// tagFields are what a resource with tags has of them. Without default tags, which this provider has not, tags_all is tags.
func tagFields() fields {
	return fields{
		"tags":     {Type: schema.TypeMap, Optional: true, Elem: &schema.Schema{Type: schema.TypeString}},
		"tags_all": {Type: schema.TypeMap, Computed: true, Elem: &schema.Schema{Type: schema.TypeString}},
	}
}

// planTags shows in a preview what tags_all becomes.
func planTags(_ context.Context, diff *schema.ResourceDiff, _ any) error {
	if !diff.HasChange("tags") && diff.Id() != "" {
		return nil
	}
	if !diff.NewValueKnown("tags") {
		return diff.SetNewComputed("tags_all")
	}
	return diff.SetNew("tags_all", diff.Get("tags"))
}

// setTags keeps what a service says. No tag at all stays unset.
func setTags(data *schema.ResourceData, tags map[string]string) error {
	return set(data, map[string]any{"tags": tags, "tags_all": tags})
}

func tagsOf(value any) map[string]string {
	found := map[string]string{}
	for key, text := range value.(map[string]any) {
		found[key], _ = text.(string)
	}
	return found
}

// changedTags are those to write and the keys of those to remove.
func changedTags(data *schema.ResourceData) (map[string]string, []string) {
	before, after := data.GetChange("tags")
	old, wanted := tagsOf(before), tagsOf(after)
	written := map[string]string{}
	for key, text := range wanted {
		if was, there := old[key]; !there || was != text {
			written[key] = text
		}
	}
	maps.DeleteFunc(old, func(key, _ string) bool { _, stays := wanted[key]; return stays })
	return written, slices.Sorted(maps.Keys(old))
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

func merged(parts ...fields) fields {
	all := fields{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}
