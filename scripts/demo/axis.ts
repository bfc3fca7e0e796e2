import { Line } from './line.ts';
import type { Theme } from './theme.ts';

/** Where a time stands: `span` milliseconds on `columns` columns, from column `left`. */
export interface Scale {
  readonly left: number;
  readonly columns: number;
  readonly span: number;
}

const STEPS = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 300_000];
const MIN_TICK = 9;

export function columnOf(time: number, { left, columns, span }: Scale): number {
  return left + Math.round((time / span) * columns);
}

/** The labels of the ticks, and the ruler below them. */
export function drawAxis(scale: Scale, width: number, theme: Theme): string[] {
  const labels = new Line(width);
  const { rule, tick } = theme.glyphs;
  const ruler = new Line(width).put(scale.left, rule.repeat(scale.columns + 1), 'quiet');
  const step = STEPS.find((ms) => (ms / scale.span) * scale.columns >= MIN_TICK) ?? scale.span;
  for (let time = 0; time <= scale.span; time += step) {
    labels.put(columnOf(time, scale), secondsOf(time), 'quiet');
    ruler.put(columnOf(time, scale), tick, 'quiet');
  }
  return [labels.paint(theme), ruler.paint(theme)];
}

/** `0`, `0.5 s`, `1 s` */
export function secondsOf(time: number): string {
  return time === 0 ? '0' : `${time / 1_000} s`;
}
