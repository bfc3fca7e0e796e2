import { axesOf, type Frame, type Plot, picture, plotOf } from './frame.ts';
import { spread, text } from './label.ts';
import { element, pathOf } from './svg.ts';
import { inks, type Theme } from './theme.ts';

interface Line {
  name: string;
  values: readonly number[];
  /** The one line the picture is about. */
  accent?: boolean;
}

export interface LineChart {
  title: string;
  /** What the values are, written above the axis. */
  unit: string;
  /** What the steps of the values are. */
  x: { label: string; step: number; every: number };
  y: { max: number; every: number };
  lines: readonly Line[];
  /** A stretch of the x axis to name, in its own unit. */
  band?: { from: number; to: number; label: string };
  /** A height to name. */
  mark?: { at: number; label: string };
}

/** A line chart with its labels at the ends of the lines, as SVG. */
export function lineChart(chart: LineChart, theme: Theme): string {
  const end = Math.max(...chart.lines.map(({ values }) => values.length)) * chart.x.step;
  const frame: Frame = { ...chart, x: { ...chart.x, end }, margin: 150 };
  const plot = plotOf(frame);
  return picture(frame, theme, [
    ...bandOf(chart, plot, theme),
    ...axesOf(frame, plot, theme),
    ...markOf(chart, plot, theme),
    ...linesOf(chart, plot, theme),
  ]);
}

function bandOf({ band }: LineChart, plot: Plot, theme: Theme): string[] {
  if (!band) return [];
  const [left, right] = [plot.x(band.from), plot.x(band.to)];
  const size = { x: left, y: plot.top, width: right - left, height: plot.bottom - plot.top };
  const label = { x: (left + right) / 2, y: plot.top + 15, fill: theme.faint, anchor: 'middle' };
  return [element('rect', { ...size, fill: theme.band }), text(band.label, label)];
}

function markOf({ mark }: LineChart, plot: Plot, { ink }: Theme): string[] {
  if (!mark) return [];
  const height = plot.y(mark.at);
  const dash = { stroke: ink, 'stroke-dasharray': '2 4' };
  return [
    element('line', { x1: plot.left, x2: plot.right, y1: height, y2: height, ...dash }),
    text(mark.label, { x: plot.left + 6, y: height - 6, fill: ink }),
  ];
}

function linesOf({ lines, x }: LineChart, plot: Plot, theme: Theme): string[] {
  const placed = spread(lines.map(({ values }) => plot.y(values.at(-1)!)));
  const strokes = inks(lines, theme);
  const parts = lines.map(({ name, values, accent = false }, index) => {
    const stroke = strokes[index]!;
    const points = values.map((value, step) => [plot.x((step + 0.5) * x.step), plot.y(value)] as const);
    const pen = { fill: 'none', stroke, 'stroke-width': accent ? 3 : 1.5, 'stroke-linejoin': 'round' };
    const label = { x: plot.right + 6, y: placed[index]! + 4, fill: stroke, weight: accent ? 600 : 400 };
    return { accent, drawn: element('path', { d: pathOf(points), ...pen }) + text(name, label) };
  });
  return parts.sort((a, b) => Number(a.accent) - Number(b.accent)).map(({ drawn }) => drawn);
}
