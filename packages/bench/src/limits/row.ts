import type { Hint } from './hints.ts';
import type { LimitPlan } from './limit.ts';

export type Group = 'untold' | 'told' | 'other kinds' | 'unreliable' | 'open loop' | 'fleet' | 'slow fleet';

/**
 * How calls are made. `workers`: per process, each calls again when its call has ended. `perSecond`: by chance, of all
 * processes together. `calls`: so many in all, which fall due by chance within so many milliseconds; each process makes
 * its own one after the other, and again until they succeed.
 */
export type Load =
  | { readonly workers: number }
  | { readonly perSecond: number }
  | { readonly calls: number; readonly within: number };

/** Answers that refuse whatever a client does. */
export interface NoiseSpec {
  readonly share: number;
  readonly status: 429 | 503;
  /** `Retry-After`, in seconds. */
  readonly retryAfter?: number;
}

/** A server with a limit, and its callers. Times are milliseconds. */
export interface Row {
  readonly name: string;
  readonly limit: LimitPlan;
  readonly hint: Hint;
  /** Of a refusal. @default 429 */
  readonly status?: 429 | 503;
  readonly noise?: NoiseSpec;
  readonly load: Load;
  /** Independent processes, each with a client of its own. @default 1 */
  readonly processes?: number;
  /** The processes start within this time. @default 300 */
  readonly apart?: number;
  /** A round trip. @default 1 */
  readonly latency?: number;
  /** How long calls are made. @default 60_000 */
  readonly lasts?: number;
}

/** A row of the table. */
export interface GridRow extends Row {
  readonly group: Group;
}
