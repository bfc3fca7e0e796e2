import { spread, text } from './label.ts';
import { element, escapeXml, pathOf } from './svg.ts';
import type { Theme } from './theme.ts';

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

const WIDTH = 860;
const HEIGHT = 400;
const PLOT = { left: 56, right: WIDTH - 150, top: 62, bottom: HEIGHT - 44 };
const FONT = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif';

/** A line chart with its labels at the ends of the lines, as SVG. */
export function lineChart(chart: LineChart, theme: Theme): string {
  const scale = scaleOf(chart);
  const parts = [
    element('rect', { width: WIDTH, height: HEIGHT, fill: theme.background }),
    text(chart.title, { x: 16, y: 26, size: 15, fill: theme.ink, weight: 600 }),
    text(chart.unit, { x: 16, y: 46, fill: theme.faint }),
    ...bandOf(chart, scale, theme),
    ...axesOf(chart, scale, theme),
    ...linesOf(chart, scale, theme),
  ];
  const root = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'font-family': FONT };
  const body = [element('title', {}, escapeXml(chart.title)), ...parts].join('\n');
  return `${element('svg', { ...root, role: 'img', 'font-size': 12 }, `\n${body}\n`)}\n`;
}

interface Scale {
  x: (value: number) => number;
  y: (value: number) => number;
  end: number;
}

function scaleOf({ lines, x, y }: LineChart): Scale {
  const end = Math.max(...lines.map(({ values }) => values.length)) * x.step;
  return {
    end,
    x: (value) => PLOT.left + (value / end) * (PLOT.right - PLOT.left),
    y: (value) => PLOT.bottom - (Math.min(value, y.max) / y.max) * (PLOT.bottom - PLOT.top),
  };
}

function axesOf({ x, y, mark }: LineChart, scale: Scale, { grid, faint, ink }: Theme): string[] {
  const parts: string[] = [];
  for (let value = 0; value <= y.max; value += y.every) {
    const height = scale.y(value);
    parts.push(element('line', { x1: PLOT.left, x2: PLOT.right, y1: height, y2: height, stroke: grid }));
    parts.push(text(value.toLocaleString('en'), { x: PLOT.left - 8, y: height + 4, fill: faint, anchor: 'end' }));
  }
  for (let value = 0; value <= scale.end; value += x.every) {
    const unit = value + x.every > scale.end ? ` ${x.label}` : '';
    parts.push(text(`${value}${unit}`, { x: scale.x(value), y: PLOT.bottom + 20, fill: faint, anchor: 'middle' }));
  }
  if (!mark) return parts;
  const height = scale.y(mark.at);
  const dash = { stroke: ink, 'stroke-dasharray': '2 4' };
  parts.push(element('line', { x1: PLOT.left, x2: PLOT.right, y1: height, y2: height, ...dash }));
  return [...parts, text(mark.label, { x: PLOT.left + 6, y: height - 6, fill: ink })];
}

function bandOf({ band }: LineChart, scale: Scale, theme: Theme): string[] {
  if (!band) return [];
  const [left, right] = [scale.x(band.from), scale.x(band.to)];
  const size = { x: left, y: PLOT.top, width: right - left, height: PLOT.bottom - PLOT.top };
  const label = { x: (left + right) / 2, y: PLOT.top + 15, fill: theme.faint, anchor: 'middle' };
  return [element('rect', { ...size, fill: theme.band }), text(band.label, label)];
}

function linesOf({ lines, x }: LineChart, scale: Scale, { accent, others }: Theme): string[] {
  const placed = spread(lines.map(({ values }) => scale.y(values.at(-1)!)));
  let plain = 0;
  const parts = lines.map(({ name, values, accent: isAccent }, index) => {
    const stroke = isAccent ? accent : others[plain++ % others.length]!;
    const points = values.map((value, step) => [scale.x((step + 0.5) * x.step), scale.y(value)] as const);
    const pen = { fill: 'none', stroke, 'stroke-width': isAccent ? 3 : 1.5, 'stroke-linejoin': 'round' };
    const label = { x: PLOT.right + 6, y: placed[index]! + 4, fill: stroke, weight: isAccent ? 600 : 400 };
    return { isAccent, drawn: element('path', { d: pathOf(points), ...pen }) + text(name, label) };
  });
  return parts.sort((a, b) => Number(a.isAccent ?? false) - Number(b.isAccent ?? false)).map(({ drawn }) => drawn);
}
