/** Lets one work through at a time, in the order in which they come. */
export class Turnstile {
  private last: Promise<unknown> = Promise.resolve();
  private works = 0;

  /** Whether a work is under way, or waits. */
  get busy(): boolean {
    return this.works > 0;
  }

  /** Runs work once all work before it is done, however that ended. */
  pass<T>(work: () => Promise<T>): Promise<T> {
    this.works++;
    const done = this.last.then(work);
    const over = () => {
      this.works--;
    };
    this.last = done.then(over, over);
    return done;
  }
}
