import { type Listener, notify, type SteadfetchEvent } from '@steadfetch/core';
import { checkChoice, checkMs, checkNames, type OptionTable, readOptions } from '@steadfetch/core/kit';
import { escapeText } from './escape-text.ts';
import { fieldsOf, giveUpLine, recoverLine, retryLine } from './lines.ts';
import { type LogEntry, type LogStyle, STYLES, styleOf, writerOf } from './log-style.ts';
import { Stories, seconds } from './story.ts';

/** What a line is about. */
type Kind = 'retry' | 'giveUp' | 'recover' | 'wait' | 'refused' | 'slow';

export interface LogCallsOptions {
  /** How the logger takes a message and its fields. @default guessed from the logger */
  style?: LogStyle;
  /**
   * Names of the logger's methods; `false` for silence.
   * @default { retry: 'warn', giveUp: 'error', recover: 'info', wait: 'info', refused: 'warn', slow: 'warn' }
   */
  levels?: { [Name in Kind]?: string | false };
  /** How long a wait at a gate is at least that gets a line, in milliseconds. @default 1_000 */
  minWait?: number;
  /** How long a call takes at least that gets a line with its story, in milliseconds. @default 5_000 */
  slowAfter?: number;
}

const LEVELS: Record<Kind, string | false> = {
  retry: 'warn',
  giveUp: 'error',
  recover: 'info',
  wait: 'info',
  refused: 'warn',
  slow: 'warn',
};

const OPTIONS = {
  style: { check: checkChoice<LogStyle>, values: STYLES },
  levels: { check: checkLevels, default: LEVELS },
  minWait: { check: checkMs, default: 1_000 },
  slowAfter: { check: checkMs, default: 5_000 },
} satisfies OptionTable<LogCallsOptions>;

/** The options as data: what each may be, and its default. */
export const logCallsOptions: OptionTable<LogCallsOptions> = OPTIONS;

/**
 * A listener for `observe` that writes what `logRetries` writes, long waits at a gate, calls that one of our layers
 * refused, and one line with the whole story of each call that was slow.
 *
 * @throws a `TypeError` when the logger lacks a method that is needed, or an option is wrong
 * @example compose(observe(logCalls(console)), retry(), rateLimit())(fetch)
 */
export function logCalls(logger: object, options?: LogCallsOptions): Listener {
  const { levels, minWait, slowAfter, style = styleOf(logger) } = readOptions('logCalls', OPTIONS, options);
  const stories = new Stories();
  const writers = Object.fromEntries(
    Object.entries(levels).map(([kind, level]) => [
      kind,
      level === false ? undefined : writerOf('logCalls', { logger, level, style }),
    ]),
  ) as Record<Kind, ((entry: LogEntry) => unknown) | undefined>;
  const write = (kind: Kind, event: SteadfetchEvent, line: (fields: never) => string) => {
    const fields = fieldsOf({ cause: '', ...event }, false);
    const { type, ...rest } = fields;
    notify(writers[kind], { message: line(hookFields(fields) as never), fields: { event: type, ...rest } });
  };

  return (event) => {
    stories.add(event);
    if (event.type === 'wait') write('retry', event, retryLine);
    else if (event.type === 'give-up') write('giveUp', event, giveUpLine);
    else if (event.type === 'recover') write('recover', event, recoverLine);
    else if (event.type === 'gate' && event.action === 'wait' && event.ms >= minWait) write('wait', event, waitLine);
    else if ('action' in event && event.action === 'refused') write('refused', event, refusalLine);
    else if (event.type === 'end') {
      const story = escapeText(stories.end(event));
      if (event.ms >= slowAfter) write('slow', event, () => story);
    }
  };
}

type Fields = SteadfetchEvent & { readonly ms: number; readonly reason: string; readonly key: string };

/** Hooks have other names for two members. */
function hookFields<Event extends object>(fields: Event): Event {
  const { ms, source } = fields as { ms?: number; source?: string };
  return { ...fields, ...(ms !== undefined && { delay: ms, delaySource: source }) };
}

function waitLine({ method, url, ms, reason }: Fields): string {
  return `${method} ${url} waits ${seconds(ms)} at the gate of rateLimit() (${reason})`;
}

const REFUSERS = { gate: 'rateLimit()', queue: 'concurrency()', circuit: 'circuitBreaker()' };

function refusalLine({ method, url, type, key }: Fields): string {
  return `${method} ${url} is not sent: ${REFUSERS[type as keyof typeof REFUSERS]} refuses it (${key})`;
}

/** The levels that are given, over the defaults. */
function checkLevels(option: string, levels: NonNullable<LogCallsOptions['levels']>): Record<Kind, string | false> {
  checkNames(option, levels, Object.keys(LEVELS));
  const given = Object.entries(levels).filter(([, level]) => level !== undefined);
  return { ...LEVELS, ...Object.fromEntries(given) };
}
