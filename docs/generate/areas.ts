/** What the messages of a file are about, by the beginning of its path; the longest that fits counts. */
export const areas: Readonly<Record<string, readonly string[]>> = {
  "Command lines": ["cli/core/", "cli/"],
  "Settings and the files that they name": ["model/", "stacks/", "components/"],
  "Bringing up, updating, removing": ["automation/", "cli/up.ts", "cli/down.ts", "cli/restart.ts", "common/"],
  "The executable: swap, watch, wait": ["executable/", "cli/swap/", "cli/watch/", "cli/wait/", "cli/keeper/"],
  "The container engine": ["docker/", "cli/tunnel.ts", "automation/tunnel.ts", "tunnel/"],
  "Payouts and operators": ["operators/", "cli/pay/", "cli/operator/"],
  "The ledger": ["ledger/", "cli/ledger/"],
  "Ledger mode aws": ["stacks/aws/", "automation/aws-", "cli/login.ts"],
  "Data: reset, snapshots, faults": ["data/", "cli/data-stack.ts", "cli/snapshot/", "cli/fault/", "cli/reset.ts"],
  "Tools and images": ["toolchain/", "images/", "cli/run-tests/"],
  "Tests of your own": ["testing/"],
  "The dashboard": ["dashboard/", "cli/dashboard/"],
  "Previews in pull requests": ["previews/"],
};
