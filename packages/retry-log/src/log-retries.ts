import { checkNames, notify } from '@steadfetch/core';
import type { AttemptEvent, RetryObserver } from './events.ts';
import { fieldsOf, giveUpLine, recoverLine, retryLine } from './lines.ts';
import { type LogStyle, styleOf, writerOf } from './log-style.ts';

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

/**
 * Hooks that write one line per retry, per give-up and per recovery.
 *
 * Works with `console`, with loggers that take `(fields, message)` as pino does, and with those that take
 * `(message, fields)` as winston does. What comes from a server or a URL cannot break out of its line. A logger that
 * throws or rejects is ignored.
 *
 * @throws a `TypeError` when the logger lacks a method that is needed, or an option is wrong
 * @example retry({ hooks: logRetries(console) })
 */
export function logRetries(logger: object, options: LogRetriesOptions = {}): RetryObserver {
  checkNames('logRetries', options, ['style', 'levels', 'fullUrls']);
  const { levels = {}, fullUrls = false, style = styleOf(logger) } = options;
  checkNames('logRetries: levels', levels, ['retry', 'giveUp', 'recover']);
  const { retry = 'warn', giveUp = 'error', recover = 'info' } = levels;
  if (typeof fullUrls !== 'boolean') {
    throw new TypeError(`logRetries: fullUrls: expected true or false, got ${String(fullUrls)}`);
  }
  const log = <Event extends AttemptEvent>(
    name: string,
    level: string | false,
    lineOf: (event: Event) => string,
  ): ((event: Event) => void) => {
    const write = level === false ? undefined : writerOf(logger, level, style);
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
