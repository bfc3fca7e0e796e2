import { text } from './label.ts';
import { element, escapeXml } from './svg.ts';
import type { Theme } from './theme.ts';

/** What every chart has around its lines. */
export interface Frame {
  title: string;
  /** What the values are, written above the axis. */
  unit: string;
  x: { label: string; end: number; every: number };
  y: { max: number; every: number };
  /** Room on the right for the names of the lines, in pixels. */
  margin: number;
}

/** Where the values of a chart lie, in pixels. */
export interface Plot {
  left: number;
  right: number;
  top: number;
  bottom: number;
  x: (value: number) => number;
  y: (value: number) => number;
}

const WIDTH = 860;
const HEIGHT = 400;
const FONT = 'system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif';

export function plotOf({ x, y, margin }: Frame): Plot {
  const [left, right, top, bottom] = [56, WIDTH - margin, 62, HEIGHT - 44];
  return {
    left,
    right,
    top,
    bottom,
    x: (value) => left + (value / x.end) * (right - left),
    y: (value) => bottom - (Math.min(value, y.max) / y.max) * (bottom - top),
  };
}

/** The picture as SVG, with these parts on its ground. */
export function picture({ title, unit }: Frame, { background, ink, faint }: Theme, parts: readonly string[]): string {
  const root = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, 'font-family': FONT };
  const body = [
    element('title', {}, escapeXml(title)),
    element('rect', { width: WIDTH, height: HEIGHT, fill: background }),
    text(title, { x: 16, y: 26, size: 15, fill: ink, weight: 600 }),
    text(unit, { x: 16, y: 46, fill: faint }),
    ...parts,
  ];
  return `${element('svg', { ...root, role: 'img', 'font-size': 12 }, `\n${body.join('\n')}\n`)}\n`;
}

export function axesOf({ x, y }: Frame, plot: Plot, { grid, faint }: Theme): string[] {
  const parts: string[] = [];
  for (let value = 0; value <= y.max; value += y.every) {
    const height = plot.y(value);
    parts.push(element('line', { x1: plot.left, x2: plot.right, y1: height, y2: height, stroke: grid }));
    parts.push(text(value.toLocaleString('en'), { x: plot.left - 8, y: height + 4, fill: faint, anchor: 'end' }));
  }
  for (let value = 0; value <= x.end; value += x.every) {
    const unit = value + x.every > x.end ? ` ${x.label}` : '';
    parts.push(text(`${value}${unit}`, { x: plot.x(value), y: plot.bottom + 20, fill: faint, anchor: 'middle' }));
  }
  return parts;
}
