import { warnOnce } from '../options/warn-once.ts';

/** A layer that another one must stand inside, and what happens where it stands outside. */
export type OrderRule = readonly [outer: string, why: string];

/** Warns a developer, once, when a middleware is put around one that it must stand inside. */
export function warnOfOrder(name: string, mustBeInside: readonly OrderRule[], inner: readonly string[]): void {
  for (const [outer, why] of mustBeInside) {
    if (inner.includes(outer)) warnOnce(`${name}() stands outside ${outer}(): ${why}. Put ${outer}() first.`);
  }
}
