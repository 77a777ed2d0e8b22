/** Where a command runs. Everything it reads from the process comes through here. */
export interface Context {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** The folder of this repository: where Pulumi.yaml is. */
  readonly root: string;
  /** Aborted by the first Ctrl-C (or SIGTERM): stop cleanly. Seen only by commands with `stopsCleanly`; others end at once. */
  readonly signal: AbortSignal;
  /** Aborted by the second, just before the process exits: kill children, synchronously. */
  readonly kill: AbortSignal;
}
