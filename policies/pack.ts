import { PolicyPack } from "@pulumi/policy";
import { policies } from "./all.ts";
import { markedSecrets } from "./marked-secrets.ts";

// The policies as a pack for Pulumi's own engine: pulumi preview --policy-pack policies/pack. A pack gets values without their marks
// (@pulumi/policy, deserialize.ts), so which ones are secret only the program's own check can tell.
new PolicyPack("nitro", {
  enforcementLevel: "mandatory",
  policies: policies
    .filter((policy) => policy !== markedSecrets)
    .map(({ name, description, check }) => ({
      name,
      description,
      validateResource: ({ type, name: resource, props }, report) => {
        for (const message of check({ type, name: resource, props })) report(message);
      },
    })),
});
