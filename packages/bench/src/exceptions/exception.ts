import type { Member } from '../harm/live.ts';
import type { Outcome, World } from '../harm/situation.ts';

/** A stack, and how the table names it. */
export interface Stack {
  /** As a reader would write it, in Markdown. */
  readonly text: string;
  readonly client: Member;
}

/** What is told of the counted calls. */
export interface Measure {
  /** What the figure is, for the table: `half within`, `items done`. Nothing for a share of calls that succeed. */
  readonly name: string;
  readonly of: (outcome: Outcome) => number;
  readonly unit: 'share' | 'time' | 'count';
  /** Whether a higher figure is better. */
  readonly more: boolean;
}

/** A situation in which somebody is worse off behind a stack of ours than behind a plain retry: one row of a table. */
export interface Exception extends World {
  /** One sentence, without a full stop: who meets it or what happens, how many calls, which are counted. */
  readonly situation: string;
  readonly ours: Stack;
  readonly plain: Member;
  /** @default the share of the counted calls that succeed */
  readonly measure?: Measure;
  /** What to do instead: a stack, which is played too, or words. */
  readonly instead?: Stack | string;
  /** @default five */
  readonly seeds?: number;
}

/** The rows of one table, the most ordinary first. */
export interface Part {
  /** The table stands between `<!-- bench:exceptions-NAME -->` and `<!-- /bench:exceptions-NAME -->`. */
  readonly name: string;
  readonly exceptions: readonly Exception[];
}
