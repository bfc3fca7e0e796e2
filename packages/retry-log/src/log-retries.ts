import { type Listener, notify, type SteadfetchEvent } from '@steadfetch/core';
import { checkChoice, checkMs, checkNames, type OptionTable, oneLine, readOptions } from '@steadfetch/core/kit';
import { fieldsOf, giveUpLine, MAX_TEXT_LENGTH, recoverLine, refusalLine, retryLine, waitLine } from './lines.ts';
import { type LogEntry, type LogStyle, STYLES, styleOf, writerOf } from './log-style.ts';
import { Stories } from './story.ts';

type LineKind = 'retry' | 'giveUp' | 'recover' | 'wait' | 'refused' | 'slow';

export interface LogRetriesOptions {
  /** In which order the logger takes a message and its fields. @default guessed from the logger */
  style?: LogStyle;
  /**
   * The logger's method for each kind of line; `false` writes no line.
   * @default { retry: 'warn', giveUp: 'error', recover: 'info', wait: 'info', refused: 'warn', slow: 'warn' }
   */
  levels?: { [Name in LineKind]?: string | false };
  /** The shortest wait at a gate that gets a line, in milliseconds. @default 1_000 */
  minWait?: number;
  /** A call that takes at least this long, in milliseconds, gets a line with its attempts and waits. @default 5_000 */
  slowAfter?: number;
}

const LEVELS: Record<LineKind, string | false> = {
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
} satisfies OptionTable<LogRetriesOptions>;

/** The options as data: the check and the default of each. */
export const logRetriesOptions: OptionTable<LogRetriesOptions> = OPTIONS;

/**
 * A listener for `observe` that writes a line for each retry, give-up, recovery, long wait, and refusal by one of our layers, and a line
 * with all attempts and waits of each slow call.
 *
 * Works with `console`, with loggers that take `(fields, message)`, such as pino, and with loggers that take `(message, fields)`, such as
 * winston. Text from a server or a URL cannot forge a second line. Ignores errors and rejections of the logger.
 *
 * @throws a `TypeError` if the logger lacks a method for one of the levels, or an option is wrong
 * @example compose(observe(logRetries(console)), retry(), rateLimit())(fetch)
 */
export function logRetries(logger: object, options?: LogRetriesOptions): Listener {
  const { levels, minWait, slowAfter, style = styleOf(logger) } = readOptions('logRetries', OPTIONS, options);
  const stories = new Stories();
  const writers = Object.fromEntries(
    Object.entries(levels).map(([kind, level]) => [kind, level === false ? undefined : writerOf(logger, level, style)]),
  ) as Record<LineKind, ((entry: LogEntry) => unknown) | undefined>;
  const write = <Event extends SteadfetchEvent>(kind: LineKind, event: Event, lineOf: (fields: Event) => string) => {
    if (!writers[kind]) return;
    const fields = fieldsOf(event);
    const { type, ...rest } = fields;
    notify(writers[kind], { message: lineOf(fields), fields: { event: type, ...rest } });
  };

  return (event) => {
    stories.add(event);
    if (event.type === 'wait') write('retry', event, retryLine);
    else if (event.type === 'give-up') write(event.byCaller ? 'wait' : 'giveUp', event, giveUpLine);
    else if (event.type === 'recover') write('recover', event, recoverLine);
    else if (event.type === 'end') {
      const story = oneLine(stories.end(event), MAX_TEXT_LENGTH);
      if (event.ms >= slowAfter) write('slow', event, () => story);
    } else if ('action' in event && event.type !== 'offline' && event.action === 'refused') {
      write('refused', event, refusalLine);
    } else if ((event.type === 'gate' && event.ms >= minWait) || event.type === 'offline') {
      if (event.action === 'wait') write('wait', event, waitLine);
    }
  };
}

function checkLevels(
  option: string,
  levels: NonNullable<LogRetriesOptions['levels']>,
): Record<LineKind, string | false> {
  checkNames(option, levels, Object.keys(LEVELS));
  const given = Object.entries(levels).filter(([, level]) => level !== undefined);
  return { ...LEVELS, ...Object.fromEntries(given) };
}
