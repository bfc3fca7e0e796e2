import type { Line } from './line.ts';
import type { Glyphs, Theme, Tone } from './theme.ts';

/** Two series stacked: the good ones below, the bad ones on top. */
export interface Bars {
  readonly good: readonly number[];
  readonly bad: readonly number[];
  /** What the whole height stands for. */
  readonly max: number;
}

/** Draws one bar per column into lines, the first line on top, from a column on. */
export function drawBars({ good, bad, max }: Bars, lines: readonly Line[], left: number, theme: Theme): void {
  const length = Math.max(good.length, bad.length);
  for (let column = 0; column < length; column++) {
    const lower = good[column] ?? 0;
    const total = lower + (bad[column] ?? 0);
    lines.forEach((line, index) => {
      const row = lines.length - 1 - index;
      const levelOf = (value: number) => Math.min(1, Math.max(0, (value / max) * lines.length - row));
      const { char, tone } = cellOf(levelOf(lower), levelOf(total), theme.glyphs);
      if (char !== ' ') line.put(left + column, char, tone);
    });
  }
}

/** The cell of one row: how far it is filled by the lower part, and by both. */
function cellOf(lower: number, total: number, { good, bad }: Glyphs): { char: string; tone: Tone } {
  if (lower === 0) return { char: stepOf(total, bad), tone: 'bad' };
  if (total >= 0.5 && lower < 1 && total > lower) return { char: stepOf(lower, good), tone: 'mixed' };
  return { char: stepOf(lower, good), tone: 'good' };
}

function stepOf(level: number, steps: string): string {
  return steps[Math.ceil(level * (steps.length - 1))]!;
}
