/** The word by which the process of a fault is found in its container. */
const mark = "nitro-fault";

/** There while a fault goes on that has begun. */
const begun = "/tmp/nitro-fault";

/** Defines `each SIGNAL`: sends it to all that the container's own first process has started, not to what others run in it. */
const each = `
parent() {
  while read -r name value; do
    if [ "$name" = PPid: ]; then echo "$value"; return; fi
  done < "/proc/$1/status"
}
each() {
  for entry in /proc/[0-9]*; do
    pid=\${entry#/proc/}; up=$pid
    while [ "\${up:-0}" -gt 1 ]; do up=$(parent "$up" 2>/dev/null); done
    if [ "$up" = 1 ] && [ "$pid" != 1 ]; then kill "-$1" "$pid" 2>/dev/null; fi
  done
}`;

/** Ends the faults of a container, whoever has made them; prints nothing where there are none. */
export const endScript = `${each}
for entry in /proc/[0-9]*; do
  pid=\${entry#/proc/}
  [ "$pid" = "$$" ] && continue
  case "$(tr '\\0' ' ' < "$entry/cmdline" 2>/dev/null)" in *"${mark}"-of-*) kill -KILL "$pid" 2>/dev/null;; esac
done
each CONT
rm -f ${begun}`;

/** What a fault is made of, in the words of a shell. */
export interface ShellFault {
  /** Done once, at its beginning. */
  readonly begin: string;
  /** Done again and again, until its time is over. */
  readonly during: string;
  /** Done at its end, also where it is told to end. */
  readonly end: string;
}

/** All processes stand still: connections are taken by the kernel, and nothing is answered. */
export const standStill: ShellFault = { begin: "each STOP", during: "sleep 0.1", end: "each CONT" };

/** All processes stand still for some time, again and again: what is asked is answered that much later. @param delayMs milliseconds */
export function standNowAndThen(delayMs: number): ShellFault {
  return { begin: ":", during: `each STOP; sleep ${delayMs / 1000}; each CONT; sleep 0.02`, end: "each CONT" };
}

/** Waits until the fault that a command makes has begun. @param seconds how long that one lasts: it may be over already */
export function begunScript(seconds: number): string {
  return `left=${Math.ceil(Math.min(seconds, 10) * 100)}
until [ -e ${begun} ] || [ "$left" = 0 ]; do left=$((left - 1)); sleep 0.01; done`;
}

/**
 * A command that makes a fault inside a container and ends it by itself: it needs nobody outside.
 * @param seconds how long, by the clock since the machine's start
 */
export function faultCommand({ begin, during, end }: ShellFault, seconds: number): string[] {
  const script = `${each}
now() { read -r up rest < /proc/uptime; echo "\${up%.*}\${up#*.}"; }
trap 'exit 0' TERM INT HUP
trap '${end}; rm -f ${begun}' EXIT
until=$(( $(now) + ${Math.ceil(seconds * 100)} ))
${begin}
: > ${begun}
while [ "$(now)" -lt "$until" ]; do ${during}; done`;
  return ["sh", "-c", script, `${mark}-of-${seconds}`];
}
