import { faultCommands } from "../fault/commands.ts";
import { ledgerCommands, ledgerNotes } from "../ledger/commands.ts";
import { operatorCommands } from "../operator/commands.ts";
import { payCommands } from "../pay/commands.ts";
import { snapshotCommands } from "../snapshot/commands.ts";
import type { CommandTable } from "./command.ts";

/** Every command, in the order of `nitro help` and of README.md's table. */
export const commands = {
  up: {
    summary: "Make the machine ready, then the stack; heal it where it is damaged",
    load: () => import("../up.ts"),
  },
  swap: {
    summary: "Replace the executable of the service and the worker, and nothing else",
    load: () => import("../swap/swap.ts"),
  },
  watch: {
    summary: "Swap the executable after every build, within a second",
    load: () => import("../watch/watch.ts"),
  },
  restart: {
    summary: "Restart parts in their containers, and wait until they answer",
    load: () => import("../restart.ts"),
  },
  preview: {
    summary: "Show what an update would do, and which policies it would break",
    load: () => import("../preview.ts"),
  },
  down: {
    summary: "Remove the stack: containers, network, volumes, staged files, settings",
    load: () => import("../down.ts"),
  },
  status: {
    summary: "Each part's health, version, ports; whether the service is sealed",
    load: () => import("../status.ts"),
  },
  wait: {
    summary: "Wait until service and worker run exactly a given build",
    load: () => import("../wait/wait.ts"),
  },
  outputs: {
    summary: "What the stack tells its users: addresses, names, executables",
    load: () => import("../outputs.ts"),
  },
  logs: {
    summary: "What the parts of the stack log",
    load: () => import("../logs/logs.ts"),
  },
  dashboard: {
    summary: "A page in the browser: parts, swaps, payouts, ledger and logs, live",
    load: () => import("../dashboard/dashboard.ts"),
  },
  exec: {
    summary: "Run a command inside a part of the stack",
    load: () => import("../exec.ts"),
  },
  ls: {
    summary: "Stacks with owner, health, age, last use and memory",
    load: () => import("../ls.ts"),
  },
  reap: {
    summary: "Remove the stacks that nobody has used for long, after showing them",
    load: () => import("../reap.ts"),
  },
  adopt: {
    summary: "Rebuild the lost Pulumi state of a stack from what is on the engine",
    load: () => import("../adopt.ts"),
  },
  pay: {
    summary: "Make a payout and follow it until every payment is paid",
    load: () => import("../pay/pay.ts"),
    commands: payCommands,
  },
  operator: {
    summary: "What operators do by hand",
    commands: operatorCommands,
  },
  shell: {
    summary: "A Node shell on the stack: payouts, operators, ledger, Redis, S3, service",
    load: () => import("../shell/shell.ts"),
  },
  reset: {
    summary: "Empty the ledger, Redis and LocalStack in place, within a second",
    load: () => import("../reset.ts"),
  },
  snapshot: {
    summary: "Keep ledger, Redis and S3 together, and bring them back",
    commands: snapshotCommands,
  },
  fault: {
    summary: "Make a part fail for some time, as programs have to survive it",
    load: () => import("../fault/fault.ts"),
    commands: faultCommands,
  },
  fixtures: {
    summary: "What tests do with a stack, in JSON lines, for programs in other languages",
    load: () => import("../fixtures.ts"),
  },
  ledger: {
    summary: "The ledger: query, history, verify, export, explain; serve it without a stack",
    commands: ledgerCommands,
    notes: ledgerNotes,
  },
  tunnel: {
    summary: "Keep the ports of a stack on another machine open on this one",
    load: () => import("../tunnel.ts"),
  },
  login: {
    summary: "Ledger mode aws: give the service your AWS credentials of now",
    load: () => import("../login.ts"),
  },
  setup: {
    summary: "Make this machine ready: container engine, Pulumi, plugins, images",
    load: () => import("../setup.ts"),
  },
  doctor: {
    summary: "List what stacks need of this machine, what is there, and how to mend it",
    load: () => import("../doctor/doctor.ts"),
  },
  env: {
    summary: "Print what plain pulumi needs",
    load: () => import("../env.ts"),
  },
  completion: {
    summary: "Print what makes a shell complete commands, options, parts and stacks",
    load: () => import("../completion/completion.ts"),
  },
  test: {
    summary: "Run the tests: lint, unit, Go, end to end",
    load: () => import("../run-tests/run-tests.ts"),
  },
} as const satisfies CommandTable;

export const commandNames = Object.keys(commands);
