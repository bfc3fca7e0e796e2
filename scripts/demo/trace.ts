import type { Tone } from './theme.ts';

/** One attempt of a call. Times are milliseconds since the call began. */
export interface TracedAttempt {
  readonly start: number;
  /** Missing while it is under way. */
  readonly end?: number;
  /** The status, or the name of what went wrong. */
  readonly name: string;
  readonly tone: Tone;
}

/** A wait between two attempts. */
export interface TracedWait {
  readonly start: number;
  readonly delay: number;
  /** `backoff`, or the field of the response that asked for it. */
  readonly source: string;
}

export type End = 'first try' | 'recovered' | 'gave up' | 'handed on';

/** What happened to one call. */
export interface Trace {
  readonly title: string;
  readonly attempts: readonly TracedAttempt[];
  readonly waits: readonly TracedWait[];
  /** How it ended, and why it went no further. */
  readonly end?: { readonly how: End; readonly why?: string };
}
