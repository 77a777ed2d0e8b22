import { readFileSync } from "node:fs";
import { descendants, listProcesses, processStat } from "../../common/process-tree.ts";

/** What a contender's own processes took: commands, plugins, watches, without the container engine and the containers. */
export interface Usage {
  /** Processor time of all of them, in ms. */
  readonly cpuMs: number;
  /** The most memory that they had at one time, in bytes (resident, as seen five times a second). */
  readonly peakBytes: number;
}

const lookMs = 200;

/** Ticks of /proc/<pid>/stat in a second (USER_HZ). */
const ticksPerSecond = 100;

/** Of a process: utime and stime, and the same of its children that have ended, as they stand in what processStat returns (proc_pid_stat(5)). */
const own = [11, 12];
const ofEnded = [13, 14];

/** Measures what is started below this process, and below others that are named. */
export class UsageMeter {
  private readonly roots: readonly number[];
  private readonly before: number;
  private readonly timer: NodeJS.Timeout;
  private peakBytes = 0;

  /** @param roots processes that belong to the contender and are not below this one */
  constructor(roots: readonly number[]) {
    this.roots = roots;
    this.before = this.ticks();
    this.timer = setInterval(() => this.look(), lookMs);
  }

  stop(): Usage {
    clearInterval(this.timer);
    this.look();
    return { cpuMs: ((this.ticks() - this.before) * 1000) / ticksPerSecond, peakBytes: this.peakBytes };
  }

  private look(): void {
    this.peakBytes = Math.max(
      this.peakBytes,
      this.processes().reduce((sum, pid) => sum + residentBytes(pid), 0),
    );
  }

  private ticks(): number {
    return this.processes().reduce((sum, pid) => sum + ticksOf(pid, [...own, ...ofEnded]), ticksOf(process.pid, ofEnded));
  }

  private processes(): number[] {
    const all = listProcesses();
    return [...this.roots, ...[process.pid, ...this.roots].flatMap((pid) => descendants(pid, all))];
  }
}

function ticksOf(pid: number, fields: readonly number[]): number {
  const stat = processStat(pid);
  return fields.reduce((sum, field) => sum + Number(stat?.[field] ?? 0), 0);
}

function residentBytes(pid: number): number {
  try {
    return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
