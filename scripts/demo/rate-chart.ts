import { secondsOf } from './axis.ts';
import { drawBars } from './bars.ts';
import { BUCKET, type CrowdReport } from './crowd.ts';
import { Line } from './line.ts';
import type { Theme, Tone } from './theme.ts';

/** One half of the chart. */
export interface Panel {
  readonly heading: string;
  readonly report: CrowdReport;
}

export interface RateChartOptions {
  readonly theme: Theme;
  readonly width: number;
  /** Requests per second that the server allows. */
  readonly limit: number;
}

const HEIGHT = 9;
const LEFT = 6;
const GAP = 3;

/** Requests per second over time, one panel beside the other, on the same scale. */
export function drawRateChart(panels: readonly Panel[], { theme, width, limit }: RateChartOptions): string[] {
  const columns = Math.floor((width - LEFT - GAP * (panels.length - 1)) / panels.length);
  const perBucket = (limit * BUCKET) / 1_000;
  const max = Math.max(4 * perBucket, ...panels.map(({ report }) => peakOf(report)));
  const heading = new Line(width);
  const bars = Array.from({ length: HEIGHT }, () => new Line(width));
  const ruler = new Line(width);
  const times = new Line(width);
  const numbers = [new Line(width), new Line(width)];
  const limitRow = bars[HEIGHT - 1 - Math.min(HEIGHT - 1, Math.round((perBucket / max) * HEIGHT))]!;
  limitRow.put(0, `${limit}/s`.padStart(LEFT - 1), 'quiet');
  panels.forEach(({ heading: text, report }, index) => {
    const left = LEFT + index * (columns + GAP);
    heading.put(left, text, 'strong');
    limitRow.put(left, theme.glyphs.rule.repeat(columns), 'quiet');
    const { accepted, refused } = report;
    drawBars({ good: accepted.slice(0, columns), bad: refused.slice(0, columns), max }, bars, left, theme);
    drawRuler({ ruler, times }, left, columns, theme);
    numbersOf(report, theme).forEach((texts, row) => {
      let at = left;
      for (const [text, tone] of texts) at = numbers[row]!.put(at, text, tone) && at + text.length;
    });
  });
  return [heading, ...bars, ruler, times, ...numbers].map((line) => line.paint(theme));
}

function drawRuler(
  { ruler, times }: Record<'ruler' | 'times', Line>,
  left: number,
  columns: number,
  theme: Theme,
): void {
  const second = 1_000 / BUCKET;
  ruler.put(left, theme.glyphs.rule.repeat(columns), 'quiet');
  for (let column = 0; column < columns; column += second) {
    ruler.put(left + column, theme.glyphs.tick, 'quiet');
    times.put(left + column, secondsOf((column / second) * 1_000), 'quiet');
  }
}

function peakOf({ accepted, refused }: CrowdReport): number {
  const buckets = Math.max(accepted.length, refused.length);
  return Math.max(0, ...Array.from({ length: buckets }, (_, at) => (accepted[at] ?? 0) + (refused[at] ?? 0)));
}

type Text = readonly [text: string, tone: Tone];

function numbersOf({ accepted, refused, done, lost, elapsed }: CrowdReport, { glyphs }: Theme): Text[][] {
  const [good, bad] = [sum(accepted), sum(refused)];
  const share = good + bad === 0 ? 0 : Math.round((100 * bad) / (good + bad));
  return [
    [
      [`${glyphs.good.at(-1)} ${good} accepted  `, 'good'],
      [`${glyphs.bad.at(-1)} ${bad} refused (${share} %)`, 'bad'],
    ],
    [[`${done} jobs done, ${lost} lost, in ${(elapsed / 1_000).toFixed(1)} s`, lost > 0 ? 'warn' : 'plain']],
  ];
}

function sum(buckets: readonly number[]): number {
  return buckets.reduce((total, each) => total + (each ?? 0), 0);
}
