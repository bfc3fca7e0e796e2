import type { Call } from '@steadfetch/core';
import { cacheLast, hashOf, randomSeed } from './scope.ts';

/** How many of the last requests to an origin are remembered. */
const MAX_REQUESTS = 64;
/** Older requests do not count, in milliseconds. */
const MEMORY_MS = 60_000;
/** A kind of request, or one call, is suspect after this many refusals in a row. */
const MIN_REFUSALS = 2;
/** If at least this share of the others is refused, there is a limit for all. */
const MAX_SHARE_REFUSED = 0.25;

/** A request that was sent. */
export interface Remembered {
  /** A hash of its method and whole path. */
  readonly kind: number;
  readonly at: number;
  /** How often its call was refused before. */
  readonly refusals: number;
  isRefused: boolean;
}

/**
 * Finds requests that the server always refuses, whatever the rate. The kind of a request is its method and whole path. If a kind is
 * refused each time, and fewer than a quarter of the other requests are, its refusals say nothing about a limit. The same is true of
 * one call that is refused again: the reason may be in its body. Requests without an answer count as accepted, since refusals are
 * often faster.
 */
export class AlwaysRefused {
  /** A ring of the last requests. Those of a suspect kind are left out: many of them would displace the others. */
  readonly #last: Remembered[] = [];
  #next = 0;
  /** How many times in a row each kind was refused. */
  readonly #refusals = new Map<number, number>();

  /** Counts a request that is sent. */
  sent(kind: number, refusals: number, now: number): Remembered {
    const remembered: Remembered = { kind, at: now, refusals, isRefused: false };
    if (refusals > 0 || this.#isSuspect(kind)) return remembered;
    this.#last[this.#next] = remembered;
    this.#next = (this.#next + 1) % MAX_REQUESTS;
    return remembered;
  }

  accepted({ kind }: Remembered): void {
    this.#refusals.delete(kind);
  }

  /** Counts a refusal. Returns whether it says nothing about other requests. */
  refused(remembered: Remembered, now: number): boolean {
    const { kind } = remembered;
    remembered.isRefused = true;
    if (remembered.refusals + 1 >= MIN_REFUSALS) return this.#areOthersAccepted(now);
    const refusals = (this.#refusals.get(kind) ?? 0) + 1;
    this.#refusals.delete(kind);
    this.#refusals.set(kind, refusals);
    if (this.#refusals.size > MAX_REQUESTS) this.#refusals.delete(this.#refusals.keys().next().value!);
    return refusals >= MIN_REFUSALS && this.#areOthersAccepted(now);
  }

  clear(): void {
    this.#last.length = this.#next = 0;
    this.#refusals.clear();
  }

  #isSuspect(kind: number): boolean {
    return (this.#refusals.get(kind) ?? 0) >= MIN_REFUSALS;
  }

  #areOthersAccepted(now: number): boolean {
    const others = this.#last.filter(({ kind, at }) => now - at <= MEMORY_MS && !this.#isSuspect(kind));
    return others.filter(({ isRefused }) => isRefused).length < MAX_SHARE_REFUSED * others.length;
  }
}

/** Returns a function that returns the kind of a call. */
export function kinds(): (call: Call) => number {
  const seed = randomSeed();
  const hashOfUrl = cacheLast((url) => hashOf(url.slice(0, 4_096).split(/[?#]/, 1)[0]!, seed));
  return ({ url, method }) => hashOf(method, hashOfUrl(url));
}
