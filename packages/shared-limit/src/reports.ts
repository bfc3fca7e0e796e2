import type { Entry, Question, Reply, ToldQuota } from './state.ts';

/** What is accepted within so many ms is one entry. */
const SAME = 20;
const MOST_ENTRIES = 16;
/** No report waits longer for the next question, ms. */
const LATEST = 250;
const MOST_QUOTAS = 8;

type Report = Pick<Question, 'accepted' | 'requests' | 'extra' | 'quotas' | 'lastRate' | 'lastBurst'>;
type Told = { readonly [field in Exclude<keyof ToldQuota, 'name' | 'at'>]?: number } & { readonly name?: string };

/** What one process has to report of a limit with its next question, and what it last heard of it. */
export class Reports {
  readonly key: string;
  /** What is to be added to a time of the place to get one of the clock of this process. */
  offset = 0;
  #accepted: Entry[] = [];
  #requests = 0;
  #extra = 0;
  readonly #quotas = new Map<string, ToldQuota>();
  #takenAt = 0;
  #hasTold = false;
  #epoch = 0;
  #closedUntil = 0;
  #rate = 0;
  #burst = 0;

  constructor(key: string) {
    this.key = key;
  }

  heard({ now, rate, burst }: Reply, at: number): void {
    this.offset = at - now;
    if (rate > 0) [this.#rate, this.#burst] = [rate, burst];
  }

  /** Until when the limit is closed, on the clock of this process: the same number for the same closing. */
  closedUntil(epoch: number): number {
    if (epoch !== this.#epoch) [this.#epoch, this.#closedUntil] = [epoch, epoch + this.offset];
    return epoch > 0 ? this.#closedUntil : 0;
  }

  /** A request was accepted whose slot was for a call of the cost `paid`. */
  accepted(at: number, cost: number, paid: number): void {
    this.#extra += cost - paid;
    this.#requests++;
    if (!(cost > 0)) return;
    const time = at - this.offset;
    const last = this.#accepted.at(-1);
    if (last && (time - last.from <= SAME || this.#accepted.length >= MOST_ENTRIES)) {
      last.to = Math.max(last.to, time);
      last.cost += cost;
    } else this.#accepted.push({ from: time, to: time, cost });
  }

  tell(at: number, quotas: readonly Told[]): void {
    for (const { name = '', remaining, limit = 0, reset = 0, window = 0 } of quotas.slice(0, MOST_QUOTAS)) {
      if (remaining === undefined) continue;
      this.#quotas.delete(name);
      this.#quotas.set(name, { name, at: at - this.offset, remaining, limit, reset, window });
    }
  }

  /** Whether the place should hear of it before the next question: the first quotas, and what is old. */
  areDue(now: number): boolean {
    return now - this.#takenAt > LATEST || (!this.#hasTold && this.#quotas.size > 0);
  }

  take(now: number): Report {
    this.#takenAt = now;
    this.#hasTold ||= this.#quotas.size > 0;
    const report = {
      accepted: this.#accepted,
      requests: this.#requests,
      extra: this.#extra,
      quotas: [...this.#quotas.values()].slice(-MOST_QUOTAS),
      lastRate: this.#rate,
      lastBurst: this.#burst,
    };
    this.#accepted = [];
    this.#requests = 0;
    this.#extra = 0;
    this.#quotas.clear();
    return report;
  }
}
