/** Requests that were accepted within a period, or a mark: the instant of a refusal. */
export interface Entry {
  from: number;
  to: number;
  /** How many requests were accepted; each costs one here. A mark has 0. */
  cost: number;
}

/** Above this number of entries, entries that are close in time are merged. */
const MOST_ENTRIES = 500;
/** Above this number of marks, the start of the history is dropped, up to the next mark. */
const MOST_MARKS = 8;

/** What was accepted and refused, in order of time. `estimate` fits a bucket to it. */
export class History {
  /** How many tokens the bucket lacked before the first entry. */
  missing = 0;
  /** The longest round trip of an accepted request, in milliseconds. The recorded times are wrong by a part of it. */
  longest = 0;
  #entries: Entry[] = [];
  /** Entries within this time are merged, in milliseconds. */
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

  /** Notes a refusal: one for each cooldown, since the order of simultaneous refusals is arbitrary. */
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

  /** Merges neighbours that lie within a grain of time, but never across a mark. */
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
