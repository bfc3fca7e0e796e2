import { notify } from '@steadfetch/core';
import { checkBoolean, checkChoice, checkNames, type OptionTable, readOptions } from '@steadfetch/core/kit';
import type { AttemptEvent, RetryObserver } from './events.ts';
import { fieldsOf, giveUpLine, recoverLine, retryLine } from './lines.ts';
import { type LogStyle, STYLES, styleOf, writerOf } from './log-style.ts';

export interface LogRetriesOptions {
  /** How the logger takes a message and its fields. @default guessed from the logger */
  style?: LogStyle;
  /**
   * Names of the logger's methods; `false` for silence.
   * @default { retry: 'warn', giveUp: 'error', recover: 'info' }
   */
  levels?: { retry?: string | false; giveUp?: string | false; recover?: string | false };
  /** Logs URLs with query and credentials, if `retry` has `fullUrls` too. @default false */
  fullUrls?: boolean;
}

const LEVELS = { retry: 'warn', giveUp: 'error', recover: 'info' } as const;

const OPTIONS = {
  style: { check: checkChoice<LogStyle>, values: STYLES },
  levels: { check: checkLevels, default: LEVELS },
  fullUrls: { check: checkBoolean, default: false },
} satisfies OptionTable<LogRetriesOptions>;

/** The options as data: what each may be, and its default. */
export const logRetriesOptions: OptionTable<LogRetriesOptions> = OPTIONS;

/**
 * Hooks that write one line per retry, per give-up and per recovery.
 *
 * Works with `console`, with loggers that take `(fields, message)` as pino does, and with those that take
 * `(message, fields)` as winston does. Text from a server or a URL cannot forge a second line. What the logger
 * throws or rejects is ignored.
 *
 * @throws a `TypeError` when the logger lacks a method that is needed, or an option is wrong
 * @example retry({ hooks: logRetries(console) })
 */
export function logRetries(logger: object, options?: LogRetriesOptions): RetryObserver {
  const { levels, fullUrls, style = styleOf(logger) } = readOptions('logRetries', OPTIONS, options);
  const { retry, giveUp, recover } = levels;
  const log = <Event extends AttemptEvent>(
    name: string,
    level: string | false,
    lineOf: (event: Event) => string,
  ): ((event: Event) => void) => {
    const write = level === false ? undefined : writerOf('logRetries', { logger, level, style });
    return (event) => {
      const fields = fieldsOf(event, fullUrls);
      notify(write, { message: lineOf(fields), fields: { event: name, ...fields } });
    };
  };
  return {
    onRetry: log('retry', retry, retryLine),
    onGiveUp: log('give-up', giveUp, giveUpLine),
    onRecover: log('recover', recover, recoverLine),
  };
}

type Levels = NonNullable<LogRetriesOptions['levels']>;

/** The levels that are given, over the defaults. */
function checkLevels(option: string, levels: Levels): Required<Levels> {
  checkNames(option, levels, Object.keys(LEVELS));
  const { retry = LEVELS.retry, giveUp = LEVELS.giveUp, recover = LEVELS.recover } = levels;
  return { retry, giveUp, recover };
}
