import type { Entry, Question, Reply, ToldQuota } from './state.ts';
import { MOST_QUOTAS } from './told.ts';

/** What is accepted within so many ms is one entry. */
const SAME = 20;
/** More entries are made coarser. */
const MOST_ENTRIES = 16;
/** No report waits longer for the next question, ms. */
export const LATEST = 250;

/** What an answer says of a quota, as far as it does. */
type Given = { readonly [field in Exclude<keyof ToldQuota, 'name' | 'at'>]?: number | undefined } & {
  readonly name?: string | undefined;
};

/** What is reported with one question. Times are those of this process. */
export interface Report {
  readonly accepted: readonly Entry[];
  readonly requests: number;
  readonly extra: number;
  readonly quotas: readonly ToldQuota[];
}

/** What one process has to report of a limit with its next question, and the last answer to it. */
export class Reports {
  /** What is to be added to a time of the place to get one of this process; `undefined`: the place never answered. */
  offset: number | undefined;
  #accepted: Entry[] = [];
  #requests = 0;
  #extra = 0;
  readonly #quotas = new Map<string, ToldQuota>();
  /** As the last accepted answer told them. */
  #known: readonly Given[] | undefined;
  #takenAt = 0;
  #latest = LATEST;
  #hasTold = false;
  #lastRate = 0;
  #lastBurst = 0;

  heard({ now, rate, burst, goodFor }: Reply, at: number): void {
    this.#latest = Math.min(LATEST, goodFor);
    this.offset = at - now;
    if (rate > 0) [this.#lastRate, this.#lastBurst] = [rate, burst];
  }

  /** Adds an accepted request that was sent at `at`. `paid` is the cost that its slot was reserved for; 0: it had no slot. */
  accepted(at: number, given: number, paid: number): void {
    const cost = Math.min(given, Number.MAX_SAFE_INTEGER); // the sum stays finite: JSON has no `Infinity`
    this.#requests++;
    this.#extra += cost - paid;
    if (!(cost > 0)) return;
    const last = this.#accepted.at(-1);
    if (last && at >= last.from && at - last.from <= SAME) {
      last.to = Math.max(last.to, at);
      last.cost += cost;
    } else this.#add([{ from: at, to: at, cost }]);
  }

  /** A quota that only refusals tell is a wait: no accepted answer would say when there is more. Until one was accepted, a quota with a limit is used. */
  tell(at: number, quotas: readonly Given[], isAccepted: boolean): void {
    if (isAccepted) this.#known = quotas;
    const known = this.#known;
    const isTold = ({ name, limit }: Given) =>
      known ? known.some((b) => name === b.name && limit === b.limit) : limit !== undefined;
    const told = quotas.filter(isTold);
    for (const { name = '', remaining, limit = 0, reset = 0, window = 0 } of told.slice(0, MOST_QUOTAS)) {
      if (remaining === undefined) continue;
      this.#quotas.delete(name);
      this.#quotas.set(name, { name, at, remaining, limit, reset, window });
    }
  }

  /** After how many ms to report, if no question comes before; `undefined`: there is nothing to report. */
  dueIn(now: number): number | undefined {
    const isSomething = this.#requests > 0 || this.#quotas.size > 0;
    return this.offset !== undefined && isSomething ? Math.max(0, this.#takenAt + this.#latest - now) : undefined;
  }

  /** Whether to report before the next question: the first quotas do not wait for it, and old reports do not. */
  areDue(now: number): boolean {
    return now - this.#takenAt > this.#latest || (!this.#hasTold && this.#quotas.size > 0);
  }

  /** Takes all there is. A place that never answered gets no reports: its clock is not known. */
  take(now: number): Report {
    this.#takenAt = now;
    if (this.offset === undefined) return NOTHING;
    this.#hasTold ||= this.#quotas.size > 0;
    const report = {
      accepted: this.#accepted,
      requests: this.#requests,
      extra: this.#extra,
      quotas: [...this.#quotas.values()].slice(-MOST_QUOTAS),
    };
    this.#accepted = [];
    this.#requests = 0;
    this.#extra = 0;
    this.#quotas.clear();
    return report;
  }

  /** The report did not arrive: it goes with the next question. */
  restore({ accepted, requests, extra, quotas }: Report): void {
    const newer = this.#accepted;
    this.#accepted = [...accepted];
    this.#add(newer);
    this.#requests += requests;
    this.#extra += extra;
    for (const quota of quotas) if (!this.#quotas.has(quota.name)) this.#quotas.set(quota.name, quota);
  }

  /** A report as a part of a question, with the times of the place. */
  translated({
    accepted,
    quotas,
    ...rest
  }: Report): Omit<Question, 'want' | 'cost' | 'within' | 'refusal' | 'known' | 'aloneFor'> {
    const { offset = 0 } = this;
    return {
      ...rest,
      accepted: accepted.map(({ from, to, cost }) => ({ from: from - offset, to: to - offset, cost })),
      quotas: quotas.map((quota) => ({ ...quota, at: quota.at - offset })),
      lastRate: this.#lastRate,
      lastBurst: this.#lastBurst,
    };
  }

  #add(entries: readonly Entry[]): void {
    this.#accepted.push(...entries);
    while (this.#accepted.length > MOST_ENTRIES) this.#accepted = inPairs(this.#accepted);
  }
}

const NOTHING: Report = { accepted: [], requests: 0, extra: 0, quotas: [] };

/** Two neighbours become one entry. */
function inPairs(entries: readonly Entry[]): Entry[] {
  const pairs: Entry[] = [];
  for (let n = 0; n < entries.length; n += 2) {
    const [a, b = { ...entries[n]!, cost: 0 }] = [entries[n]!, entries[n + 1]];
    pairs.push({ from: Math.min(a.from, b.from), to: Math.max(a.to, b.to), cost: a.cost + b.cost });
  }
  return pairs;
}
