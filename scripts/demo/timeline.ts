import { columnOf, drawAxis, type Scale } from './axis.ts';
import { Line } from './line.ts';
import type { Theme, Tone } from './theme.ts';
import type { End, Trace, TracedAttempt, TracedWait } from './trace.ts';

export interface TimelineOptions {
  readonly theme: Theme;
  /** Columns that a line may take. */
  readonly width: number;
  /** Milliseconds that the axis shows at least. */
  readonly span: number;
}

/** A trace, and how far its call is. */
export interface Row {
  readonly trace: Trace;
  readonly elapsed: number;
}

const TITLE = 30;
const ENDING = 11;
/** Room for the name of an attempt that starts at the very end of the axis. */
const LAST_NAME = 6;
const TONES: Record<End, Tone> = { 'first try': 'good', recovered: 'good', 'gave up': 'warn', 'handed on': 'quiet' };

/** One axis, and below it a row per call: its attempts and waits to scale, how it ended, and the reasons below it. */
export function drawTimeline(rows: readonly Row[], { theme, width, span }: TimelineOptions): string[] {
  const longest = Math.max(
    span,
    ...rows.flatMap(({ trace, elapsed }) => trace.attempts.map(({ end }) => end ?? elapsed)),
  );
  const columns = width - TITLE - ENDING - LAST_NAME;
  const scale = { left: TITLE, columns, span: longest };
  return [...drawAxis(scale, width, theme), ...rows.flatMap((row) => drawRow(row, scale, { theme, width }))];
}

function drawRow({ trace, elapsed }: Row, scale: Scale, { theme, width }: { theme: Theme; width: number }): string[] {
  const bar = new Line(width).put(0, trace.title);
  const notes = noteLines(width);
  let free = scale.left;
  trace.attempts.forEach((attempt, index) => {
    const from = Math.max(index > 0 ? free + 1 : free, columnOf(attempt.start, scale));
    if (index > 0) bar.put(free, theme.glyphs.wait.repeat(from - free), 'quiet');
    const text = blockOf(attempt, elapsed, scale, theme);
    bar.put(from, text, attempt.tone, true);
    free = from + text.length;
    const wait = trace.waits[index];
    if (wait) notes.add(free, noteOf(wait), 'quiet');
    else if (trace.end?.why) notes.add(from, trace.end.why, 'warn');
  });
  if (trace.waits.length === trace.attempts.length) {
    bar.put(free, theme.glyphs.wait.repeat(Math.max(0, columnOf(elapsed, scale) - free)), 'quiet');
  }
  if (trace.end) bar.put(width - ENDING + 1, trace.end.how, TONES[trace.end.how]);
  return [bar, ...notes.lines].map((line) => line.paint(theme));
}

function noteOf({ delay, source }: TracedWait): string {
  return delay === 0 ? 'at once' : `${source} ${Math.round(delay)} ms`;
}

function blockOf({ name, start, end }: TracedAttempt, elapsed: number, scale: Scale, { glyphs }: Theme): string {
  const [left, right] = glyphs.block;
  const columns = columnOf(end ?? elapsed, scale) - columnOf(start, scale);
  return left + name.padEnd(columns - left.length - right.length, glyphs.fill) + right;
}

/** Texts side by side, each at its column or further right; a new line where there is no more room. */
function noteLines(width: number): { lines: Line[]; add(column: number, text: string, tone: Tone): void } {
  const lines: Line[] = [];
  let free = Infinity;
  return {
    lines,
    add: (column, text, tone) => {
      const wanted = Math.max(column, free);
      const fits = wanted + text.length <= width;
      if (!fits) lines.push(new Line(width));
      const at = fits ? wanted : Math.max(0, Math.min(column, width - text.length));
      lines.at(-1)!.put(at, text, tone);
      free = at + text.length + 2;
    },
  };
}
