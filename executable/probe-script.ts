import { binPath } from "./staging.ts";
import { bootIdFile, witnessFormat, witnessName } from "./witness.ts";

/**
 * Shell functions that run inside a container and find its program, the process that counts: below the container's init, and below the
 * supervisor of our base image (images/base/nitro-run) where there is one. POSIX sh, without a process of their own but for stat,
 * sha256sum and date, since they run ten times a second and more. Fields of /proc: proc_pid_stat(5), proc_pid_children(5).
 *
 * program   sets pid and supervisor (0: none); fails while there is no program yet, or no more
 * hash      sets sum, of the file that the process was started from: known where it is one that was hashed when it was staged and has not
 *           changed since, by its witness (witness.ts); else it is hashed
 * report    writes "<pid> <sha256> <start in ticks after boot> <seconds after boot> <seconds since 1970>"; fails where the program ended, and
 *           writes "unreadable" where it runs and its file cannot be read. One that has ended stays in /proc until its parent notices, without
 *           a file and without memory (the first field of statm, which anybody may read)
 */
export const programFunctions = `
program() {
  pid=1 supervisor=0
  while read -r name < "/proc/$pid/comm"; do
    case $name in
      docker-init | podman-init | tini | catatonit) ;;
      nitro-run) supervisor=$pid ;;
      *) return 0 ;;
    esac
    children= below=
    read -r children < "/proc/$pid/task/$pid/children" || :
    for child in $children; do
      kind=
      read -r kind < "/proc/$child/comm" || continue
      case "$supervisor $kind" in
        "$pid sha256sum" | "$pid stat") ;;
        *) below=$child; break ;;
      esac
    done
    [ -n "$below" ] || return 1
    pid=$below
  done 2>/dev/null
  return 1
}
ticks() {
  read -r stat < "/proc/$pid/stat" 2>/dev/null || return 1
  set -- \${stat##*) }
  ticks=\${20}
}
lives() {
  pages=0
  read -r pages rest 2>/dev/null < "/proc/$pid/statm"
  [ "$pages" != 0 ]
}
hash() {
  read -r boot 2>/dev/null < ${bootIdFile} || boot=none
  for witness in ${binPath}/*/${witnessName}; do
    sum=\${witness%/*}
    [ "/proc/$pid/exe" -ef "$sum/payments" ] && read -r seen < "$witness" || continue
    if [ "$seen" = "$boot $(stat -c '${witnessFormat}' "$sum/payments")" ]; then sum=\${sum##*/}; return 0; fi
  done 2>/dev/null
  sum=$(sha256sum "/proc/$pid/exe" 2>/dev/null) && sum=\${sum%% *}
}
report() {
  program && ticks || return 1
  was=$pid
  hash || { program && [ "$pid" = "$was" ] && lives && echo unreadable; return 1; }
  program && [ "$pid" = "$was" ] || return 1
  now=$(date +%s.%N)
  read -r up rest < /proc/uptime
  echo "$pid $sum $ticks $up $now"
}
`;

/** Ticks of /proc/<pid>/stat in a second: USER_HZ, 100 on both architectures. */
const ticksPerSecond = 100;

/** A container's program as it was found running. */
export interface RunningProgram {
  /** Its process id inside the container. */
  readonly pid: number;
  /** SHA-256 of the file that it was started from, in hex: read from the process. */
  readonly sha256: string;
  /** When it was started, by the engine's clock; ISO 8601, not later than 10 ms after it. */
  readonly since: string;
}

/** @returns the first line that `report` wrote, understood; undefined where there is none */
export function parseReport(output: string): RunningProgram | undefined {
  const found = /^(\d+) ([0-9a-f]{64}) (\d+) ([\d.]+) (\d+(?:\.\d+)?)\S*$/m.exec(output);
  if (found === null) return undefined;
  const [pid, , ticks, up, now] = [found[1], found[2], found[3], found[4], found[5]].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const ageMs = (up - ticks / ticksPerSecond) * 1000;
  return { pid, sha256: found[2] ?? "", since: new Date(now * 1000 - ageMs).toISOString() };
}
