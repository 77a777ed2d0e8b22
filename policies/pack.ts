import { PolicyPack } from "@pulumi/policy";
import { policies } from "./all.ts";
import { markedSecrets } from "./marked-secrets.ts";
import { evaluate } from "./policy.ts";

// The policies as a pack for Pulumi's own engine: pulumi preview --policy-pack policies/pack. A pack gets values without their marks
// (@pulumi/policy, deserialize.ts), so which ones are secret only the program's own check can tell.
new PolicyPack("nitro", {
  enforcementLevel: "mandatory",
  policies: policies
    .filter((policy) => policy !== markedSecrets)
    .map((policy) => ({
      name: policy.name,
      description: policy.description,
      validateResource: ({ type, name, props }, report) => {
        for (const { message } of evaluate([policy], [{ type, name, props }])) report(message);
      },
    })),
});
