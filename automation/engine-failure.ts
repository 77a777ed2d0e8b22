/** Pulumi's docker plugin says each failure twice: as it logs it, and as a list of one. */
const logged = /^sdk-v2\/provider2\.go:\d+: sdk\.helper_schema: ([\s\S]*?)(?:: provider=docker@[\d.]+)?$/;
const listed = /^(?:(?:creating|updating|deleting|reading|refreshing) urn:\S+: )?\d+ errors? occurred:\s*\* ([\s\S]*)$/;
const aboutUrn = /^(?:creating|updating|deleting|reading|refreshing) urn:\S+: /;

/** What a docker resource is called in messages, by its type. */
const kinds: Readonly<Record<string, string>> = {
  "docker:index/container:Container": "container",
  "docker:index/network:Network": "network",
  "docker:index/volume:Volume": "volume",
  "docker:index/remoteImage:RemoteImage": "image",
};

/** By their numbers on Linux, which runc names: asm-generic/resource.h. */
const limits = [
  ...["cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile"],
  ...["memlock", "as", "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"],
];

/**
 * Turns the failure of a resource of the container engine into one clear message: what failed, the engine's reason, what mends it. Pure.
 * @param text as Pulumi tells it
 * @param urn of the resource
 * @returns any other text as it is
 */
export function engineFailure(text: string, urn: string): string {
  const [, stack = ""] = /^urn:pulumi:([^:]+)::/.exec(urn) ?? [];
  const type = /\$?([\w:/]+)::[^:]*$/.exec(urn)?.[1] ?? "";
  const kind = kinds[type];
  if (kind === undefined) return text;
  const part = (urn.split("::").at(-1) ?? "").replace(/-(?:container|network|volume|image)$/, "");
  const said = bare(text);
  return unpulled(said) ?? unlimited(said, part, stack) ?? refused(said, `${kind} ${part}`) ?? said;
}

/** @returns what the plugin says without what it says around it */
function bare(text: string): string {
  const inner = logged.exec(text)?.[1] ?? listed.exec(text)?.[1] ?? text.replace(aboutUrn, "");
  return inner === text ? text.trim() : bare(inner.trim());
}

function unpulled(said: string): string | undefined {
  const [, ref = "", reason = ""] =
    /^Unable to read Docker image into resource: unable to pull image (\S+): (?:error pulling image \S+: )?([\s\S]*)$/.exec(said) ?? [];
  if (ref === "") return undefined;
  const why = withoutSource(reason);
  const away = /no such host|dial tcp|i\/o timeout|connection refused|server misbehaving|TLS handshake|x509|context deadline/i.test(why);
  const mend = away
    ? "the container engine has to reach its registry, itself or through a proxy; or bring the image there: docker load"
    : "look at the name, or log in at its registry (docker login)";
  return `image ${ref} cannot be pulled: ${why}\n${mend}; then the same command again. To see it alone: docker pull ${ref}`;
}

/** @param part whose container it is */
function unlimited(said: string, part: string, stack: string): string | undefined {
  const [, number, name] = /(?:error setting rlimit type (\d+)|setrlimit `?RLIMIT_(\w+)`?): operation not permitted/i.exec(said) ?? [];
  if (number === undefined && name === undefined) return undefined;
  const limit = name?.toLowerCase() ?? limits[Number(number)] ?? `number ${number}`;
  const own = part === "service" || part === "worker";
  const where = own ? `${part}.ulimits in Pulumi.${stack}.yaml` : "its ulimits";
  return `container ${part} cannot start: the container engine may not raise the limit ${limit} as far as ${where} ${own ? "says" : "say"}
name at most what the engine itself has, which a container tells: docker run --rm IMAGE sh -c 'ulimit -Ha'; then the same command again`;
}

/** @param what such as "container redis" */
function refused(said: string, what: string): string | undefined {
  const [, verb, reason] = /^Unable to (\w+) (?:docker )?(?:container|network|volume)(?: with \S+ \S+)?: ([\s\S]*)$/i.exec(said) ?? [];
  return verb === undefined || reason === undefined ? undefined : `the container engine did not ${verb} ${what}: ${withoutSource(reason)}`;
}

function withoutSource(reason: string): string {
  return reason.trim().replace(/^Error response from daemon: /, "");
}
