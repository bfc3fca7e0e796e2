import type { Decision, Limit, LimitPlan } from './limit.ts';

const PLAN = { changes: 0, service: 0 } as const;

/** From an instant on the rate is multiplied. */
export interface Change {
  readonly at: number;
  readonly by: number;
}

/** A bucket of `burst` tokens that refills with `rate` a second. */
export function bucket(rate: number, burst: number, change?: Change): LimitPlan {
  const seconds = Math.max(1, Math.round(burst / rate));
  return {
    ...PLAN,
    kind: 'bucket',
    rate,
    burst,
    window: seconds * 1_000,
    quota: Math.max(1, Math.round(rate * seconds)),
    changes: change ? 1 : 0,
    create: () => new Bucket(rate / 1_000, burst, change),
  };
}

class Bucket implements Limit {
  readonly #rate: number;
  readonly #burst: number;
  readonly #change: Change | undefined;
  #tokens: number;
  #last = 0;

  constructor(rate: number, burst: number, change: Change | undefined) {
    this.#rate = rate;
    this.#burst = burst;
    this.#change = change;
    this.#tokens = burst;
  }

  decide(at: number): Decision {
    this.#tokens = Math.min(this.#burst, this.#tokens + this.#refilled(this.#last, at));
    this.#last = at;
    const accepted = this.#tokens >= 1;
    if (accepted) this.#tokens--;
    const rate = this.#rate * (this.#change && at >= this.#change.at ? this.#change.by : 1);
    const renewed = (this.#burst - this.#tokens) / rate;
    return {
      accepted,
      wait: accepted ? 0 : (1 - this.#tokens) / rate,
      remaining: Math.floor(this.#tokens),
      renewed,
    };
  }

  allowed(from: number, to: number): number {
    return (from === 0 ? this.#burst : 0) + this.#refilled(from, to);
  }

  #refilled(from: number, to: number): number {
    const { at = Infinity, by = 1 } = this.#change ?? {};
    const before = Math.max(0, Math.min(to, at) - from);
    return this.#rate * (before + by * (to - from - before));
  }
}

/** A window that begins anew every `window` milliseconds. */
export function fixedWindow(quota: number, window: number): LimitPlan {
  return { ...windowPlan(quota, window), create: (random) => new FixedWindow(quota, window, random() * window) };
}

class FixedWindow implements Limit {
  readonly #quota: number;
  readonly #window: number;
  readonly #phase: number;
  #index = -1;
  #used = 0;

  constructor(quota: number, window: number, phase: number) {
    this.#quota = quota;
    this.#window = window;
    this.#phase = phase;
  }

  decide(at: number): Decision {
    const index = this.#indexOf(at);
    if (index !== this.#index) this.#used = 0;
    this.#index = index;
    const accepted = this.#used < this.#quota;
    if (accepted) this.#used++;
    const renewed = (index + 1) * this.#window - this.#phase - at;
    return { accepted, wait: accepted ? 0 : renewed, remaining: this.#quota - this.#used, renewed };
  }

  allowed(from: number, to: number): number {
    return this.#quota * (this.#indexOf(to) - this.#indexOf(from) + (from === 0 ? 1 : 0));
  }

  #indexOf(at: number): number {
    return Math.floor((at + this.#phase) / this.#window);
  }
}

/** At most `quota` in any `window` milliseconds: each accepted request is remembered. */
export function slidingLog(quota: number, window: number): LimitPlan {
  const create = (): Limit => {
    const accepted: number[] = [];
    return {
      decide: (at) => {
        while (accepted.length > 0 && accepted[0]! <= at - window) accepted.shift();
        const fits = accepted.length < quota;
        if (fits) accepted.push(at);
        const renewed = accepted[0]! + window - at;
        return { accepted: fits, wait: fits ? 0 : renewed, remaining: quota - accepted.length, renewed };
      },
      allowed: (from, to) => quota * Math.ceil((to - from) / window),
    };
  };
  return { ...windowPlan(quota, window), create };
}

/** A sliding window estimated from two counters: the last window counts for the part of it that is still in view. */
export function slidingCounter(quota: number, window: number): LimitPlan {
  return { ...windowPlan(quota, window), create: (random) => new SlidingCounter(quota, window, random() * window) };
}

class SlidingCounter implements Limit {
  readonly #quota: number;
  readonly #window: number;
  readonly #phase: number;
  #index = 0;
  #used = 0;
  #before = 0;

  constructor(quota: number, window: number, phase: number) {
    this.#quota = quota;
    this.#window = window;
    this.#phase = phase;
  }

  decide(at: number): Decision {
    const place = (at + this.#phase) / this.#window;
    const index = Math.floor(place);
    if (index !== this.#index) {
      this.#before = index === this.#index + 1 ? this.#used : 0;
      this.#index = index;
      this.#used = 0;
    }
    const left = 1 - (place - index);
    const room = this.#quota - this.#before * left - this.#used;
    const accepted = room >= 1;
    if (accepted) this.#used++;
    const remaining = Math.max(0, Math.floor(accepted ? room - 1 : room));
    return { accepted, wait: accepted ? 0 : this.#waitFor(left), remaining, renewed: left * this.#window };
  }

  /** All at once in the first window, and evenly from the second one on. */
  allowed(from: number, to: number): number {
    const second = this.#window - this.#phase;
    const even = to - (from === 0 ? second : from);
    return (from === 0 ? this.#quota : 0) + (this.#quota * even) / this.#window;
  }

  /**
   * Until the share of the last window has shrunk enough for one more. `left`: the part of this window that is to come.
   */
  #waitFor(left: number): number {
    const fits = (this.#quota - 1 - this.#used) / Math.max(1, this.#before);
    const wait = fits >= 0 ? left - fits : left + 1 / this.#quota;
    return Math.max(1, wait * this.#window);
  }
}

/** The generic cell rate algorithm: a request is accepted if it is at most `burst - 1` intervals early. */
export function gcra(rate: number, burst: number): LimitPlan {
  const interval = 1_000 / rate;
  const tolerance = interval * (burst - 1);
  const create = (): Limit => {
    let due = 0;
    return {
      decide: (at) => {
        const earliest = Math.max(due, at) - tolerance;
        const accepted = at >= earliest;
        if (accepted) due = Math.max(due, at) + interval;
        const remaining = Math.max(0, Math.floor((tolerance - (due - at)) / interval) + 1);
        return { accepted, wait: accepted ? 0 : earliest - at, remaining, renewed: Math.max(0, due - at) };
      },
      allowed: (from, to) => (from === 0 ? burst : 0) + (to - from) / interval,
    };
  };
  return { ...bucket(rate, burst), create };
}

/** At most `most` requests at a time, each of which takes `service` milliseconds. */
export function concurrency(most: number, service: number): LimitPlan {
  const create = (): Limit => {
    let busy = 0;
    return {
      decide: () => {
        const accepted = busy < most;
        if (accepted) busy++;
        return { accepted, wait: accepted ? 0 : service, remaining: most - busy, renewed: service };
      },
      release: () => {
        busy--;
      },
      allowed: (from, to) => (most * (to - from)) / service,
    };
  };
  const rate = (most * 1_000) / service;
  return { ...PLAN, kind: 'concurrency', rate, burst: most, window: 1_000, quota: rate, service, create };
}

/** No limit at all. */
export function unlimited(): LimitPlan {
  const open: Decision = { accepted: true, wait: 0, remaining: Infinity, renewed: 0 };
  const create = (): Limit => ({ decide: () => open, allowed: () => Infinity });
  return { ...PLAN, kind: 'none', rate: Infinity, burst: Infinity, window: 1_000, quota: Infinity, create };
}

function windowPlan(quota: number, window: number): Omit<LimitPlan, 'create'> {
  return { ...PLAN, kind: 'window', rate: (quota * 1_000) / window, burst: quota, window, quota };
}
