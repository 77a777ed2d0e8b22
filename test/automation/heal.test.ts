import { describe, expect, it } from "vitest";
import { asOfNow, decideHealing, type Seen } from "../../automation/heal.ts";
import { dockerTypes, type StackState } from "../../automation/state.ts";
import type { ContainerDetails, ContainerState, Health } from "../../docker/engine.ts";
import { useVolume } from "../../model/last-use.ts";
import { stackNames } from "../../model/names.ts";

const names = stackNames("alice");
const owner = "0123456789abcdef";
const labels = { "nitro.stack": "alice", "nitro.owner": owner };

function container(id: string, state: ContainerState = "running", networks = [names.network]) {
  return { id, name: `nitro-alice-${id}`, state, health: "healthy" as Health, labels, networks };
}

const network = { id: "net", name: names.network, labels, created: "" };
const volume = { id: "nitro-alice-redis", name: "nitro-alice-redis", labels, created: "" };
const sound: Seen = { containers: [container("redis"), container("service")], networks: [network], volumes: [volume] };

const resource = (type: string, id: string) => ({
  urn: `urn:pulumi:alice::nitro::${type}::${id}-thing`,
  type,
  id,
  name: `nitro-alice-${id}`,
});
const state: StackState = {
  resources: [
    resource(dockerTypes.container, "redis"),
    resource(dockerTypes.container, "service"),
    resource(dockerTypes.network, "net"),
    resource(dockerTypes.volume, "nitro-alice-redis"),
  ],
  pending: [],
};
const nothing = { reasons: [], containers: [], networks: [], refresh: false, pending: false };

describe("decideHealing", () => {
  it("leaves a sound stack and a new one alone", () => {
    expect(decideHealing(names, owner, sound, state)).toEqual(nothing);
    expect(decideHealing(names, owner, { containers: [], networks: [], volumes: [] }, undefined)).toEqual(nothing);
  });

  it("is in nobody's way where somebody else's note of use is all that is left of a stack of that name", () => {
    const note = useVolume("alice", "fedcba9876543210", { owner: "bob@desk", user: "bob@desk", at: "2026-11-24T12:00:00.000Z" });
    const volumes = [{ ...note, id: note.name, labels: { ...note.labels }, created: "" }];
    expect(decideHealing(names, owner, { containers: [], networks: [], volumes }, undefined)).toEqual(nothing);
  });

  it.each(["exited", "dead", "created", "paused", "restarting"] as const)(
    "removes a container that is %s, so that it comes back as declared",
    (now) => {
      const healing = decideHealing(names, owner, { ...sound, containers: [container("redis", now), container("service")] }, state);
      expect(healing).toMatchObject({ containers: ["nitro-alice-redis"], networks: [], refresh: true });
      expect(healing.reasons).toEqual([`container nitro-alice-redis does not run (${now})`]);
    },
  );

  it("removes a container that does not answer any more", () => {
    const seen = { ...sound, containers: [{ ...container("redis"), health: "unhealthy" as const }, container("service")] };
    expect(decideHealing(names, owner, seen, state)).toMatchObject({ containers: ["nitro-alice-redis"], refresh: true });
    const starting = { ...sound, containers: [{ ...container("redis"), health: "starting" as const }, container("service")] };
    expect(decideHealing(names, owner, starting, state)).toEqual(nothing);
  });

  it("takes a part along that keeps starting while another is missing", () => {
    const seen = { ...sound, containers: [{ ...container("service"), health: "starting" as const }] };
    const healing = decideHealing(names, owner, seen, state);
    expect(healing).toMatchObject({ containers: ["nitro-alice-service"], refresh: true });
    expect(healing.reasons).toEqual(["container nitro-alice-redis is gone", "container nitro-alice-service does not answer yet"]);
  });

  it("refreshes for a container that is gone", () => {
    const healing = decideHealing(names, owner, { ...sound, containers: [container("redis")] }, state);
    expect(healing).toEqual({ ...nothing, refresh: true, reasons: ["container nitro-alice-service is gone"] });
  });

  it("takes all containers along where the network is gone", () => {
    const healing = decideHealing(names, owner, { ...sound, networks: [] }, state);
    expect(healing).toMatchObject({ containers: ["nitro-alice-redis", "nitro-alice-service"], refresh: true });
    expect(healing.reasons[0]).toBe("network nitro-alice is gone");
  });

  it("replaces a network that an interrupted command made, with everything in it", () => {
    const seen = { ...sound, networks: [{ ...network, id: "other" }] };
    const healing = decideHealing(names, owner, seen, state);
    expect(healing).toMatchObject({ containers: ["nitro-alice-redis", "nitro-alice-service"], networks: ["other"], refresh: true });
  });

  it("brings back a container that was disconnected from the network", () => {
    const seen = { ...sound, containers: [container("redis", "running", []), container("service")] };
    expect(decideHealing(names, owner, seen, state)).toMatchObject({ containers: ["nitro-alice-redis"], refresh: true });
  });

  it("refreshes for a volume that is gone, and never removes one", () => {
    const healing = decideHealing(names, owner, { ...sound, volumes: [] }, state);
    expect(healing).toEqual({ ...nothing, refresh: true, reasons: ["volume nitro-alice-redis is gone"] });
    const stray = { ...volume, name: "nitro-alice-ledger", id: "nitro-alice-ledger" };
    expect(decideHealing(names, owner, { ...sound, volumes: [volume, stray] }, state)).toEqual(nothing);
  });

  it("removes what an interrupted creation left, without a refresh where the state knows nothing of it", () => {
    const empty = { resources: [], pending: [] };
    const seen = { containers: [container("redis", "created")], networks: [network], volumes: [volume] };
    expect(decideHealing(names, owner, seen, empty)).toMatchObject({
      containers: ["nitro-alice-redis"],
      networks: ["net"],
      refresh: false,
      pending: false,
    });
    expect(decideHealing(names, owner, seen, empty).reasons).toEqual([
      "network nitro-alice is left over from an interrupted command",
      "container nitro-alice-redis is left over from an interrupted command",
    ]);
  });

  it("says in one line that a state is lost: a command makes it before anything else", () => {
    expect(decideHealing(names, owner, sound, undefined)).toEqual({
      reasons: ['the state of stack "alice" is lost: what the engine still has of it is made anew, its volumes stay'],
      containers: ["nitro-alice-redis", "nitro-alice-service"],
      networks: ["net"],
      refresh: false,
      pending: false,
    });
    expect(decideHealing(names, owner, { ...sound, containers: [], networks: [] }, undefined)).toEqual(nothing);
  });

  it("sees unfinished operations", () => {
    expect(decideHealing(names, owner, sound, { ...state, pending: ["urn"] })).toMatchObject({ pending: true, refresh: false });
  });

  it("touches nothing that belongs to another owner", () => {
    const theirs = { ...container("redis"), labels: { ...labels, "nitro.owner": "somebody" } };
    expect(() => decideHealing(names, owner, { ...sound, containers: [theirs] }, state)).toThrow(
      'stack "alice" exists on this container engine already and belongs to somebody else: container nitro-alice-redis',
    );
  });
});

describe("asOfNow", () => {
  // A restarted part is "starting" for the engine until its next look, and would be replaced beside one that was stopped.
  it.each(["starting", "unhealthy"] as const)("asks a part that the engine calls %s itself", async (health) => {
    const seen = { ...container("redis"), health };
    const engine = (exitCode: number) => ({
      inspect: async (name: string) => ({ ...seen, name, healthCheck: ["ask"] }) as unknown as ContainerDetails,
      exec: async (_: string, command: readonly string[]) => ({
        exitCode: command[0] === "ask" ? exitCode : 127,
        output: "",
        stdout: "",
        stderr: "",
      }),
    });
    const all = { ...sound, containers: [seen] };
    expect((await asOfNow(engine(0), all)).containers).toMatchObject([{ health: "healthy" }]);
    expect((await asOfNow(engine(1), all)).containers).toMatchObject([{ health }]);
  });
});
