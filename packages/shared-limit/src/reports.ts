import type { Entry, Question, Reply, ToldQuota } from './state.ts';
import { MOST_QUOTAS } from './told.ts';

/** Requests accepted within this many ms become one entry. */
const SAME_ENTRY_MS = 20;
/** If there are more entries, pairs of neighbours are merged. */
const MOST_ENTRIES = 16;
/** A report waits this long for the next question at most, ms. */
export const LONGEST_UNREPORTED_MS = 250;

/** A quota as an answer reports it, with the fields that it has. */
type ReadQuota = { readonly [field in Exclude<keyof ToldQuota, 'name' | 'at'>]?: number | undefined } & {
  readonly name?: string | undefined;
};

/** What one question reports. Times are by the clock of this process. */
export interface Report {
  readonly accepted: readonly Entry[];
  readonly requests: number;
  readonly extra: number;
  readonly quotas: readonly ToldQuota[];
}

/** Collects what one process reports about a limit with its next question, and translates times to the clock of the place. */
export class Reports {
  /** How far the clock of this process is ahead of that of the place, ms; `undefined`: the place never answered. */
  offset: number | undefined;
  #accepted: Entry[] = [];
  #requests = 0;
  #extra = 0;
  readonly #quotas = new Map<string, ToldQuota>();
  /** The quotas that the last accepted answer reported. */
  #acceptedQuotas: readonly ReadQuota[] | undefined;
  #takenAt = 0;
  #reportWithin = LONGEST_UNREPORTED_MS;
  #hasSentQuotas = false;
  #lastRate = 0;
  #lastBurst = 0;

  /** Notes the last reply, which came at `at`. */
  answered({ now, rate, burst, goodFor }: Reply, at: number): void {
    this.#reportWithin = Math.min(LONGEST_UNREPORTED_MS, goodFor);
    this.offset = at - now;
    if (rate > 0) [this.#lastRate, this.#lastBurst] = [rate, burst];
  }

  /** Adds an accepted request that was sent at `at`. `paid` is the cost that its slot was reserved for; 0: it had no slot. */
  add(at: number, given: number, paid: number): void {
    const cost = Math.min(given, 9e15); // the sum stays finite: JSON has no `Infinity`
    this.#requests++;
    this.#extra += cost - paid;
    if (!(cost > 0)) return;
    const last = this.#accepted.at(-1);
    if (last && at >= last.from && at - last.from <= SAME_ENTRY_MS) {
      last.to = Math.max(last.to, at);
      last.cost += cost;
    } else this.#addEntries([{ from: at, to: at, cost }]);
  }

  /** Adds the quotas of an answer. Ignores those that only refusals report, since no accepted answer would say when more is left; until one came, those without a limit. */
  addQuotas(at: number, quotas: readonly ReadQuota[], isAccepted: boolean): void {
    if (isAccepted) this.#acceptedQuotas = quotas;
    const known = this.#acceptedQuotas;
    const isTold = ({ name, limit }: ReadQuota) =>
      known ? known.some((b) => name === b.name && limit === b.limit) : limit !== undefined;
    const told = quotas.filter(isTold);
    for (const { name = '', remaining, limit = 0, reset = 0, window = 0 } of told.slice(0, MOST_QUOTAS)) {
      if (remaining === undefined) continue;
      this.#quotas.delete(name);
      this.#quotas.set(name, { name, at, remaining, limit, reset, window });
    }
  }

  /** In how many ms to report if no question comes before; `undefined`: there is nothing to report. */
  dueIn(now: number): number | undefined {
    const hasReport = this.#requests > 0 || this.#quotas.size > 0;
    return this.offset !== undefined && hasReport ? Math.max(0, this.#takenAt + this.#reportWithin - now) : undefined;
  }

  /** Whether to report at once: the first quotas do not wait for the next question, nor does a report that is old enough. */
  areDue(now: number): boolean {
    return now - this.#takenAt > this.#reportWithin || (!this.#hasSentQuotas && this.#quotas.size > 0);
  }

  /** Takes all that there is to report. A place that never answered gets nothing, since its clock is not known. */
  take(now: number): Report {
    this.#takenAt = now;
    if (this.offset === undefined) return NOTHING;
    this.#hasSentQuotas ||= this.#quotas.size > 0;
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

  /** Puts back a report that did not arrive. It goes with the next question. */
  restore({ accepted, requests, extra, quotas }: Report): void {
    const newer = this.#accepted;
    this.#accepted = [...accepted];
    this.#addEntries(newer);
    this.#requests += requests;
    this.#extra += extra;
    for (const quota of quotas) if (!this.#quotas.has(quota.name)) this.#quotas.set(quota.name, quota);
  }

  /** Returns the report as a part of a question, with the times of the place. */
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

  #addEntries(entries: readonly Entry[]): void {
    this.#accepted.push(...entries);
    while (this.#accepted.length > MOST_ENTRIES) this.#accepted = inPairs(this.#accepted);
  }
}

const NOTHING: Report = { accepted: [], requests: 0, extra: 0, quotas: [] };

/** Merges each two neighbours into one entry. */
function inPairs(entries: readonly Entry[]): Entry[] {
  const pairs: Entry[] = [];
  for (let n = 0; n < entries.length; n += 2) {
    const [a, b = { ...entries[n]!, cost: 0 }] = [entries[n]!, entries[n + 1]];
    pairs.push({ from: Math.min(a.from, b.from), to: Math.max(a.to, b.to), cost: a.cost + b.cost });
  }
  return pairs;
}
