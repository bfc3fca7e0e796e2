import type { LastAnswer } from './call-record.ts';

/** Why a layer of ours did not send a call. */
export type RefusalReason = 'rate-limited' | 'circuit-open' | 'queue-full';

/** The members of an error that a layer of ours gives for a call that it did not send. Such an error says nothing about the server. */
export interface LocalRefusal {
  readonly local: true;
  readonly reason: RefusalReason;
  /** Milliseconds until it is worth calling again, where that is known. */
  readonly retryAfter?: number;
  /** What the server answered last, to this call or to the ones before it. */
  readonly lastAnswer?: LastAnswer;
}

/** The refusal in an error, by its members: the class may come from another copy of the package. */
export function localRefusal(error: unknown): (Error & LocalRefusal) | undefined {
  try {
    return (error as Partial<LocalRefusal> | null | undefined)?.local === true
      ? (error as Error & LocalRefusal)
      : undefined;
  } catch {
    return undefined;
  }
}
