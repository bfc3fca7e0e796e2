import type { Question, Reply } from './state.ts';

/** Asks the place where limits are kept, and returns its reply. */
export type Ask = (key: string, question: Question) => Reply | Promise<Reply>;

/** The place where limits are kept: Redis, another tab, a database. */
export interface Place {
  readonly ask: Ask;
  /** The rate that the user set, of requests per ms; 0: none. */
  readonly known: number;
  /** Called when the place fails, and for each further failure until it is used again. */
  readonly onFailure: (key: string, error: unknown) => void;
  /** Called for each answer while the place is used. */
  readonly onAnswer: (key: string) => void;
}
