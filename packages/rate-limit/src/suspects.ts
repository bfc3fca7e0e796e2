/** As many of the last requests to an origin are looked at, for so long, in milliseconds. */
const LAST = 64;
const MEMORY = 60_000;
/** Refused so often since it was last accepted, a kind of request is suspect. */
const OFTEN = 2;
/** Of the others, so many must be refused before all are held to be limited. */
const SHARE = 0.25;

/** A request that was sent, and what became of it; `undefined`: nothing yet, or nothing about a limit. */
export interface Sighting {
  readonly kind: number;
  readonly at: number;
  isRefused: boolean | undefined;
}

/**
 * Tells requests that are always refused from a limit that all have in common. A kind of request (its method and whole path)
 * that is refused each time, while hardly one of the others is, speaks for itself alone. Those that are not answered yet
 * count as accepted: refusals are often faster.
 */
export class Suspects {
  /** The last requests. A suspect kind takes no place here: its repetitions would crowd out the others. */
  readonly #last: Sighting[] = [];
  #next = 0;
  /** How often each kind was refused since it was last accepted. */
  readonly #refusals = new Map<number, number>();

  sent(kind: number, now: number): Sighting {
    const sighting: Sighting = { kind, at: now, isRefused: undefined };
    if (this.#isSuspect(kind)) return sighting;
    this.#last[this.#next] = sighting;
    this.#next = (this.#next + 1) % LAST;
    return sighting;
  }

  /** Hears what became of a request. Returns whether it was a refusal that says nothing about the others. */
  heard(sighting: Sighting, isRefused: boolean, now: number): boolean {
    const { kind } = sighting;
    sighting.isRefused = isRefused;
    const refusals = isRefused ? (this.#refusals.get(kind) ?? 0) + 1 : 0;
    this.#refusals.delete(kind);
    if (!isRefused) return false;
    this.#refusals.set(kind, refusals);
    if (this.#refusals.size > LAST) this.#refusals.delete(this.#refusals.keys().next().value!);
    return refusals >= OFTEN && this.#areOthersAccepted(now);
  }

  clear(): void {
    this.#last.length = this.#next = 0;
    this.#refusals.clear();
  }

  #isSuspect(kind: number): boolean {
    return (this.#refusals.get(kind) ?? 0) >= OFTEN;
  }

  #areOthersAccepted(now: number): boolean {
    const others = this.#last.filter(({ kind, at }) => now - at <= MEMORY && !this.#isSuspect(kind));
    return others.filter(({ isRefused }) => isRefused).length < SHARE * others.length;
  }
}
