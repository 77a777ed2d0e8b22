const perChunk = 1 << 17;

/** Where each block's record begins in the journal, by sequence number. */
export class Offsets {
  private readonly chunks: Float64Array[] = [];
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(offset: number): void {
    if (this.count % perChunk === 0) this.chunks.push(new Float64Array(perChunk));
    const chunk = this.chunks.at(-1);
    if (chunk !== undefined) chunk[this.count % perChunk] = offset;
    this.count++;
  }

  /** @returns undefined for a block that there is not */
  at(sequenceNo: number): number | undefined {
    return sequenceNo < 0 || sequenceNo >= this.count ? undefined : this.chunks[Math.floor(sequenceNo / perChunk)]?.[sequenceNo % perChunk];
  }
}
