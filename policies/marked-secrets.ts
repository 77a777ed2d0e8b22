import type { Policy } from "./policy.ts";
import { secretShape, secretVariable } from "./secret-looks.ts";
import { allTexts, texts } from "./values.ts";

/**
 * A value in plain text is in state, previews and logs for everybody to read. What is marked arrives here as `[secret]`, so everything that
 * looks like one and can be read is a finding. The message names it and does not repeat it.
 */
export const markedSecrets: Policy = {
  name: "marked-secrets",
  description: "Secrets are marked as such: what is secret by its name or by its look is a secret of Pulumi's.",
  check({ props }) {
    const named = texts(props, "envs").flatMap((line) => {
      const name = secretVariable(line);
      return name === undefined ? [] : [`variable ${name} is in plain text: mark its value by pulumi.secret(…)`];
    });
    const shaped = allTexts(props).flatMap(({ path, text }) => {
      const shape = secretShape(text);
      return shape === undefined ? [] : [`${path} holds ${shape} in plain text: mark it by pulumi.secret(…)`];
    });
    return [...named, ...shaped];
  },
};
