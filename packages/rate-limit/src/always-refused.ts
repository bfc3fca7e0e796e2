import type { Call } from '@steadfetch/core';
import { hashOf, ofLast, randomSeed } from './scope.ts';

/** How many of the last requests to an origin are looked at. */
const REQUESTS_REMEMBERED = 64;
/** An older request is not looked at any more, in milliseconds. */
const MEMORY_MS = 60_000;
/** A kind of request, or one call, is suspect if it was refused so often since it was last accepted. */
const SUSPECT_AFTER_REFUSALS = 2;
/** If this share of the others is refused, all of them are held to be limited. */
const SHARE_OF_OTHERS = 0.25;

/** A request that was sent. */
export interface Remembered {
  /** Its method and whole path, as a number. */
  readonly kind: number;
  readonly at: number;
  /** How often its call was refused before. */
  readonly refusals: number;
  isRefused: boolean;
}

/**
 * Tells requests that are always refused from a limit that all have in common. Refusals of a kind of request (its method and whole
 * path) say nothing about the others if that kind is refused each time, and hardly one of the others is. The same holds for a call
 * that is refused again: what it asks for may be in its body. Requests that are not answered yet count as accepted, since refusals
 * are often faster.
 */
export class AlwaysRefused {
  /** The last requests. A suspect kind takes no place here: its repetitions would crowd out the others. */
  readonly #last: Remembered[] = [];
  #next = 0;
  /** How often each kind was refused since it was last accepted. */
  readonly #refusals = new Map<number, number>();

  /** Counts a request that is sent. */
  sent(kind: number, refusals: number, now: number): Remembered {
    const remembered: Remembered = { kind, at: now, refusals, isRefused: false };
    if (refusals > 0 || this.#isSuspect(kind)) return remembered;
    this.#last[this.#next] = remembered;
    this.#next = (this.#next + 1) % REQUESTS_REMEMBERED;
    return remembered;
  }

  accepted({ kind }: Remembered): void {
    this.#refusals.delete(kind);
  }

  /** Counts a refusal. Returns whether it says nothing about the others. */
  refused(remembered: Remembered, now: number): boolean {
    const { kind } = remembered;
    remembered.isRefused = true;
    if (remembered.refusals + 1 >= SUSPECT_AFTER_REFUSALS) return this.#areOthersAccepted(now);
    const refusals = (this.#refusals.get(kind) ?? 0) + 1;
    this.#refusals.delete(kind);
    this.#refusals.set(kind, refusals);
    if (this.#refusals.size > REQUESTS_REMEMBERED) this.#refusals.delete(this.#refusals.keys().next().value!);
    return refusals >= SUSPECT_AFTER_REFUSALS && this.#areOthersAccepted(now);
  }

  clear(): void {
    this.#last.length = this.#next = 0;
    this.#refusals.clear();
  }

  #isSuspect(kind: number): boolean {
    return (this.#refusals.get(kind) ?? 0) >= SUSPECT_AFTER_REFUSALS;
  }

  #areOthersAccepted(now: number): boolean {
    const others = this.#last.filter(({ kind, at }) => now - at <= MEMORY_MS && !this.#isSuspect(kind));
    return others.filter(({ isRefused }) => isRefused).length < SHARE_OF_OTHERS * others.length;
  }
}

/** Returns the kind of a call. */
export function kinds(): (call: Call) => number {
  const seed = randomSeed();
  const hashOfUrl = ofLast((url) => hashOf(url.slice(0, 4_096).split(/[?#]/, 1)[0]!, seed));
  return ({ url, method }) => hashOf(method, hashOfUrl(url));
}
