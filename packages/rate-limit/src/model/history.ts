/** Accepted requests, from when to when, or a mark: here a request was refused. */
export interface Entry {
  from: number;
  to: number;
  /** How many were accepted, for each costs one here. 0: a mark. */
  cost: number;
}

/** If there are more entries than this, neighbours become one. */
const MOST_ENTRIES = 500;
/** If there are more marks than this, the oldest one is forgotten, with all before it. */
const MOST_MARKS = 8;

/** What was accepted and refused, in order of time. The fit of a bucket reads it. */
export class History {
  /** How much a bucket lacked before the first entry. */
  missing = 0;
  /** The longest that an accepted request took, in ms: by a part of it the times may be wrong. */
  longest = 0;
  #entries: Entry[] = [];
  #grain = 1;

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  accept(at: number, took: number): void {
    this.longest = Math.max(this.longest, took);
    const last = this.#entries.at(-1);
    if (last && last.cost > 0 && at === last.to) {
      last.cost++;
      return;
    }
    this.#insert(at, 1);
    if (this.#entries.length > MOST_ENTRIES) this.#compress();
  }

  /** One mark per closing: those that are refused at the same time change places on their way. */
  mark(at: number, burst: number): void {
    this.#insert(at, 0);
    if (this.#entries.filter(({ cost }) => cost === 0).length <= MOST_MARKS) return;
    this.#entries = this.#entries.slice(this.#entries.findIndex(({ cost }, i) => i > 0 && cost === 0));
    this.missing = burst;
  }

  #insert(at: number, cost: number): void {
    const entries = this.#entries;
    let i = entries.length;
    while (i > 0 && entries[i - 1]!.to > at) i--;
    entries.splice(i, 0, { from: at, to: at, cost });
  }

  /** Neighbours that lie within a grain of time become one; never across a gap or a mark. */
  #compress(): void {
    const out: Entry[] = [];
    for (const entry of this.#entries) {
      const before = out.at(-1);
      if (before && before.cost > 0 && entry.cost > 0 && entry.to - before.from <= this.#grain) {
        before.cost += entry.cost;
        before.to = entry.to;
      } else out.push(entry);
    }
    this.#entries = out;
    if (out.length > MOST_ENTRIES / 2) this.#grain *= 2;
  }
}
