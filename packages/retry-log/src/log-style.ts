import { optionError } from '@steadfetch/core/kit';

/** The arguments of a logger's methods. `console`: only the message; `pino`: `(fields, message)`; `winston`: `(message, fields)`. */
export type LogStyle = 'console' | 'pino' | 'winston';

export interface LogEntry {
  readonly message: string;
  readonly fields: object;
}

type Method = (...args: unknown[]) => unknown;

export const STYLES: readonly LogStyle[] = ['console', 'pino', 'winston'];

/**
 * Guesses the style from members that only loggers of that style have: winston and its children have `transports`, pino has `bindings`,
 * bunyan has `fatal` and `child`. The loggers of Sentry, LogTape and Nest have `fatal` but no `child`, and take the message first.
 */
export function styleOf(logger: object): LogStyle {
  const has = (name: string) => Object(logger)[name] !== undefined;
  if (has('transports')) return 'winston';
  return has('bindings') || (has('fatal') && has('child')) ? 'pino' : 'console';
}

/** Writes an entry through one method of the logger. */
export function writerOf(logger: object, level: string, style: LogStyle): (entry: LogEntry) => unknown {
  const methods = Object(logger) as Record<string, Method>;
  if (typeof methods[level] !== 'function') {
    throw optionError('logRetries: logger', `a method '${String(level)}'`, methods[level]);
  }
  return ({ message, fields }) => {
    if (style === 'console') return methods[level]!(message);
    return style === 'pino' ? methods[level]!(fields, message) : methods[level]!(message, fields);
  };
}
