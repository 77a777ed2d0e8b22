import { readFileSync } from "node:fs";
import { declareCommand } from "../core/command.ts";

export const command = declareCommand({
  unread: "end",
  arguments: { shell: { words: ["bash", "zsh", "fish"], what: "the shell", help: "whose script is printed" } },
  notes: `For one shell:
  bash, zsh   source <(./nitro completion bash)   # or zsh; in ~/.bashrc or ~/.zshrc for every shell to come
  fish        ./nitro completion fish | source
It completes \`nitro\`, wherever it is called from: ./nitro too.`,

  async run({ words: { shell } }, context) {
    context.stdout.write(readFileSync(new URL(`nitro.${shell}`, import.meta.url), "utf8"));
    return 0;
  },
});
