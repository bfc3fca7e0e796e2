import { placeFlags } from './flags.ts';
import { axesOf, type Frame, type Plot, picture, plotOf } from './frame.ts';
import { text } from './label.ts';
import { element, pathOf } from './svg.ts';
import { inks, type Theme } from './theme.ts';

/** How much is done at a time. */
export type Step = readonly [at: number, done: number];

interface Line {
  name: string;
  /** In the order of time. */
  steps: readonly Step[];
  /** The one line the picture is about. */
  accent?: boolean;
}

export interface ProgressChart {
  title: string;
  /** What the values are, written above the axis. */
  unit: string;
  x: { label: string; every: number };
  y: { max: number; every: number };
  lines: readonly Line[];
  /** The best that can be done: a straight line to compare with. */
  best: { from: Step; to: Step; label: string };
}

const MARGIN = 230;
const LETTER = 6.2; // wide, on average

/** Stairs that end when a line is done, each with its name at its end, as SVG. */
export function progressChart(chart: ProgressChart, theme: Theme): string {
  const end = Math.ceil(Math.max(...chart.lines.map(({ steps }) => steps.at(-1)![0])));
  const frame: Frame = { ...chart, x: { ...chart.x, end }, margin: MARGIN };
  const plot = plotOf(frame);
  return picture(frame, theme, [
    ...axesOf(frame, plot, theme),
    ...bestOf(chart, plot, theme),
    ...linesOf(chart, plot, theme),
  ]);
}

function bestOf({ best: { from, to, label } }: ProgressChart, plot: Plot, { ink, background }: Theme): string[] {
  const [x, y] = [plot.x(to[0]), plot.y(to[1])];
  const ends = { x1: plot.x(from[0]), x2: x, y1: plot.y(from[1]), y2: y };
  return [
    element('line', { ...ends, stroke: ink, 'stroke-dasharray': '2 4' }),
    text(label, { x: x - 8, y: y + 4, fill: ink, anchor: 'end', halo: background }),
  ];
}

function linesOf({ lines }: ProgressChart, plot: Plot, theme: Theme): string[] {
  const paths = lines.map(({ steps }) => stairs(steps).map(([at, done]) => [plot.x(at), plot.y(done)] as const));
  const ends = paths.map((path, index) => {
    const [x, y] = path.at(-1)!;
    return { x, y, width: LETTER * lines[index]!.name.length };
  });
  const flags = placeFlags(ends, plot.right);
  const strokes = inks(lines, theme);
  const parts = lines.map(({ name, accent = false }, index) => {
    const [stroke, end, flag] = [strokes[index]!, ends[index]!, flags[index]!];
    const pen = { fill: 'none', stroke, 'stroke-width': accent ? 3 : 1.5, 'stroke-linejoin': 'round' };
    const label = { x: flag.x, y: flag.y + 4, fill: stroke, weight: accent ? 600 : 400, halo: theme.background };
    const drawn = [
      element('path', { d: pathOf(paths[index]!), ...pen }),
      element('line', { x1: end.x, y1: end.y, x2: flag.x - 3, y2: flag.y, stroke }),
      element('circle', { cx: end.x, cy: end.y, r: accent ? 4 : 3, fill: stroke }),
      text(name, label),
    ];
    return { accent, drawn: drawn.join('') };
  });
  return parts.sort((a, b) => Number(a.accent) - Number(b.accent)).map(({ drawn }) => drawn);
}

/** Stays at what was done until the next step, from nothing at 0. */
export function stairs(steps: readonly Step[]): Step[] {
  const path: Step[] = [[0, 0]];
  for (const [at, done] of steps) path.push([at, path.at(-1)![1]], [at, done]);
  return path;
}
