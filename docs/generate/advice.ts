/** What to do where a message's own words are not enough, by the message as docs/troubleshooting.md has it. It comes before the hint. */
export const adviceByMessage: Readonly<Record<string, string>> = {
  "nothing was changed": "the question was answered with no; another stack name (`-s NAME`) leaves the other checkout's stack as it is",
  'unknown command "…"…': "`./nitro help` lists the commands",
  "nobody waits for this swap any more: nothing was changed": "run the swap again: the command that had asked for it is gone",
  'process … keeps stack "…" ready already': "nothing: one keeper a stack is enough",
  "there is no folder …": "name the folder of `nitro ledger serve --dir`",
  "the key … cannot be read: …": "name an operator's key by `--key FILE`; `./nitro operator env` writes those of the stack",
  "payout …: …": "the reason is the program's own; `./nitro pay status PAYOUT` says how far it is, `./nitro pay cancel PAYOUT` removes it",
  "no news of payout … for …: …": "`./nitro logs worker service` says what they do; `./nitro pay ls` shows which payout the worker is at",
  "custodian … is authorized by nobody: it moves money, and nitro:authorization.custodians does not list it: nitro operator authorize is for people; no payout was made":
    "pay by a `dryrun-*` custodian (`--custodian`), or add this one to `authorization.custodians` where it is meant to move money",
  'stack "…" has run no other executable that answered: there is none to go back to':
    "name one: `./nitro swap --binary FILE`, or `--sample`",
  "the build failed (…): …": "mend what the compiler's lines say; what runs goes on",
  "… cannot be watched: …":
    "see that the folder is there and may be read; where the system has no room for watches: `CHOKIDAR_USEPOLLING=1`",
  "… ended with …": "the program's last lines say why; `NITRO_DEBUG=1` shows more",
  "cannot run …: …": "install the program, or put it on PATH; `./nitro doctor` lists what is needed",
  'a part of a team\'s own cannot be named "…": the stack has one': "give the part another name in your module",
  'the ledger of stack "…" was not reached': "`./nitro status` says how the ledger is; `./nitro up` heals it",
  "container … has no ledger …": "`./nitro up` makes it",
  "copying took more than … s, for which writes are held off: no snapshot was made": "try again when the machine has less to do",
  'the ledger of stack "…" is at AWS (ledger mode aws): it is not copied here': "snapshots are for the local ledger (`ledger.mode`)",
  "cannot read …: …": "mend docker's own configuration, or name the engine: `DOCKER_HOST`",
  "ssh …": "see that `ssh HOST docker version` works without a question",
  "the sample in sample/ does not compile: …": "mend what the compiler's lines say; `git diff sample` shows what was changed",
  "the build failed (…, exit code …): …": "mend what the compiler's lines say; it ran in the container of `build.image`",
  "image … (setting service.image): …":
    "[what an image has to bring](remote-engines.md#an-image-of-your-team-serviceimage); load or pull it: `docker pull IMAGE`",
  "executable …: …; …": "as it says: name a built executable by `--binary FILE`",
  "executable …: it cannot be read (…); allow it with: chmod u+r …": "`chmod u+r FILE`",
  "… is no ledger: it answered …": "see what listens at that address; `--endpoint` names another one",
  "nothing answers at … (…)": "`./nitro up` for a stack's ledger, `./nitro ledger serve` for one without a stack",
  'the configuration of stack "…" has …: … what can be set: docs/configuration.md; change one: pulumi config set --stack … --path \'nitro:<key>\' <value> (after eval "$(./nitro env)")':
    "each line has the value seen and what is allowed: [configuration](configuration.md)",
  "… is the report of payout …, not of …": "name the report that the payout was made from: `--report FILE`",
  "the answer to … cannot be trusted: …":
    "the service's answer was changed on its way, or it runs another enclave key: ask again, look at `./nitro logs service`",
  "extras … has an error of types: …": "mend the module at that line: [parts of your own](extras.md)",
  "extras … cannot be loaded: …": "mend what the module's own error says: [parts of your own](extras.md)",
  "scope … is closed: open another one with stack.scope()": "as it says",
  "the report …": "name a report's file that you may read",
  'nitro:….env.… holds … in plain text: pulumi config set --stack … --secret --path nitro:….env.… <value> (after eval "$(./nitro env)")':
    "as it says: [secrets among the settings](configuration.md)",
  '… of the extras does not carry the stack\'s labels, so no command would find it: labels: context.labels("part")':
    "as it says: [parts of your own](extras.md)",
  '…: a part of a team\'s own cannot be named "…": the stack has one': "give the part another name in your module",
  "port … on 127.0.0.1, needed by …, is in use by …": "the line below it has the command that moves the stack to other ports",
  '… (after eval "$(./nitro env)")': "the command before it moves the stack to ports that are free",
  "nothing is disturbed any more: the scope is closed": "disturb parts before the test ends: what it did is undone then",
  'the outputs of stack "…" cannot be read: …': "`./nitro outputs` says what is wrong with them",
  'the ledger of stack "…" is AWS\'s own (ledger mode aws): a test makes none there': "run the test on a stack with the local ledger",
  "there is no call …: there are …": "the package for Go and this checkout are of different versions: use the one of this checkout",
  "waited … ms in vain: …": "the message ends with what was seen last; `./nitro logs` shows what the parts did",
};

/** The same for all messages of a file that have no hint. */
export const adviceByFile: Readonly<Record<string, string>> = {
  "cli/ledger/verify-document.ts": "what the ledger says does not fit its digest: keep its folder as it is, and compare with a snapshot",
  "cli/ledger/verify-journal.ts": "the journal was changed or is damaged: keep the folder as it is, and compare with a snapshot",
  "cli/ledger/verify-state.ts": "tables and journal do not fit: keep the folder as it is, and compare with a snapshot",
  "cli/dashboard/payout-desk.ts": "`./nitro pay cancel PAYOUT` removes it; make the payout anew",
  "cli/preview.ts": "name a file that `nitro preview --blueprint` wrote",
  "cli/wait/wanted-build.ts": "name a file that you may read: `./nitro wait --build FILE`",
  "dashboard/ledger.ts": "the page shows it beside the box: mend what was written there",
  "dashboard/page/server.ts": "run `./nitro dashboard` again and open the address that it prints",
  "dashboard/payouts.ts": "reload the page; `./nitro pay ls` lists the payouts that are there",
  "dashboard/server.ts": "reload the page: the program behind it and the page are of different versions, or something else asked",
  "images/debian.ts": "run the command again; `NITRO_DEBUG=1` shows more",
  "images/node-image.ts": "see which registry npm asks (`npm config get registry`), then run the command again",
  "ledger/client/evidence.ts": "the server at that address does not speak QLDB's API as it should: is it a ledger of another version?",
  "ledger/client/session.ts": "the answer was changed on its way, or the server is damaged: `./nitro ledger verify`",
  "model/settings-file.ts": "mend the file `Pulumi.<stack>.yaml`; [Pulumi.dev.yaml](../Pulumi.dev.yaml) shows its form",
  "operators/ceremony.ts": "the service's API is not the one that is known here: `./nitro logs service` says what it did",
  "stacks/aws/login.ts": "as it says; [where credentials come from](aws-mode.md#your-credentials)",
  "stacks/mounts.ts": "as it says: [`service.files`](configuration.md#service)",
  "stacks/operator-keys.ts": "[keys of your own](operators.md#keys-of-your-own)",
  "stacks/program-args.ts": "mount nothing of this machine: put the files into an image (`service.image`)",
  "testing/operator-environment.ts": "`./nitro operator env` says why",
  "testing/serve/calls.ts": "the package for Go and this checkout are of different versions: use the one of this checkout",
  "testing/wait-for-build.ts": "`./nitro wait --build` says why",
  "toolchain/apt.ts": "mend what apt-get's lines say, or install the package yourself",
};

/** The same for all messages of a class. */
export const adviceByKind: Readonly<Record<string, string>> = {
  UsageError: "`./nitro help COMMAND` says what the command takes",
  EngineError: "the engine's own words follow; `./nitro doctor` says how it is, its log why",
  ContainerExit: "the container's last log lines follow; `./nitro logs` shows them all",
  ListError: "mend the report at the line that is named; nothing was sent",
  ReportError: "mend the report at the lines that are named; nothing was sent",
  PartEndedError: "`./nitro logs` of that part says why; `./nitro up` heals the stack",
  WaitTimeoutError: "resume what the test paused, or wait for less",
  GitHubError: "see [previews in pull requests](previews.md); the run's log names the step",
  ZipError: "the artifact is not what the workflow uploads: [previews in pull requests](previews.md)",
};
