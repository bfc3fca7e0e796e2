import type { Question, Reply } from './state.ts';

/** Asks the place where limits are kept. */
export type Ask = (key: string, question: Question) => Reply | Promise<Reply>;

/** The place where limits are kept, and what is reported of it. */
export interface Place {
  readonly ask: Ask;
  /** The rate that is known in advance, of requests per ms; 0: none. */
  readonly known: number;
  /** Called when the place fails, and for each failure until it is used again. */
  readonly onFailure: (key: string, error: unknown) => void;
  /** Called for each answer while the place is used. */
  readonly onAnswer: (key: string) => void;
}
