import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { View } from './bins.ts';
import { h } from './dom.ts';
import { type Palette, palette } from './palette.ts';

/** The space for numbers left of each chart, and the space right of it, in pixels. */
export const MARGIN = { left: 52, right: 18 };

export interface Line {
  readonly label: string;
  readonly colour: keyof Palette;
  /** The seconds from which the values apply, and the values; `null` for a gap. */
  readonly at: readonly number[];
  readonly values: readonly (number | null)[];
  readonly filled?: boolean;
  readonly dashed?: boolean;
  readonly width?: number;
}

export interface Shown {
  readonly view: View;
  /** Drawn in this order. */
  readonly lines: readonly Line[];
  /** The least upper end of the axis. */
  readonly atLeast?: number;
  readonly most?: number;
}

/** Lines and areas over time that hold their value until the next one. */
export class SeriesChart {
  readonly element: HTMLElement;
  readonly #plot = h('div', { className: 'plot', 'aria-hidden': 'true' });
  readonly #height: number;
  readonly #hasTimes: boolean;
  readonly #onZoom: (view: View) => void;
  #chart: UPlot | undefined;
  #drawn = '';
  #shown: Shown | undefined;

  constructor(height: number, { hasTimes = true, onZoom }: { hasTimes?: boolean; onZoom: (view: View) => void }) {
    this.#height = height;
    this.#hasTimes = hasTimes;
    this.#onZoom = onZoom;
    this.element = h('div', { className: 'chart' }, this.#plot, veil());
    this.#plot.style.minHeight = `${height}px`;
    this.element.style.setProperty('--foot', hasTimes ? '26px' : '4px');
    new ResizeObserver(() => this.resize()).observe(this.#plot);
  }

  show(shown: Shown): void {
    this.#shown = shown;
    const drawn = shown.lines.map(({ label, colour }) => `${label} ${colour}`).join();
    const { data, min, max } = dataOf(shown);
    if (this.#chart && drawn === this.#drawn) {
      this.#chart.batch(() => {
        this.#chart!.setData(data, false);
        this.#chart!.setScale('x', { min, max });
        this.#chart!.setScale('y', { min: 0, max: topOf(shown) });
      });
      return;
    }
    this.#drawn = drawn;
    this.#chart?.destroy();
    this.#chart = new UPlot(this.#options(shown), data, this.#plot);
    this.#chart.setScale('x', { min, max });
  }

  resize(): void {
    const width = this.#plot.clientWidth;
    if (width > 0 && this.#chart && width !== this.#chart.width) this.#chart.setSize({ width, height: this.#height });
  }

  /** Draws it again in the colours of the theme. */
  repaint(): void {
    this.#drawn = '';
    if (this.#shown) this.show(this.#shown);
  }

  #options(shown: Shown): UPlot.Options {
    const colours = palette();
    const font = '11px system-ui, sans-serif';
    const axis = { stroke: colours.quiet, font, grid: { stroke: colours.line, width: 1 }, ticks: { show: false } };
    return {
      width: this.#plot.clientWidth || 600,
      height: this.#height,
      padding: [6, MARGIN.right, this.#hasTimes ? 0 : 4, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        sync: { key: 'playground', setSeries: false },
      },
      scales: { x: { time: false, auto: false }, y: { auto: false, range: () => [0, topOf(this.#shown ?? shown)] } },
      axes: [
        { ...axis, size: this.#hasTimes ? 26 : 0, values: (_, marks) => marks.map((mark) => secondsOf(mark)) },
        { ...axis, size: MARGIN.left, space: 24, values: (_, marks) => marks.map(short) },
      ],
      series: [
        {},
        ...shown.lines.map(({ label, colour, filled, dashed, width = 1.5 }) => ({
          label,
          stroke: colours[colour],
          width: filled ? 0 : width,
          ...(filled ? { fill: colours[colour] } : {}),
          ...(dashed ? { dash: [5, 4] } : {}),
          paths: UPlot.paths.stepped!({ align: 1 }),
          points: { show: false },
          spanGaps: false,
        })),
      ],
      hooks: {
        setSelect: [
          (chart) => {
            const { left, width } = chart.select;
            if (width > 4) {
              const from = 1_000 * chart.posToVal(left, 'x');
              this.#onZoom({ from, to: 1_000 * chart.posToVal(left + width, 'x') });
            }
            chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    };
  }
}

/** What covers the part of time that has not been played yet. */
export function veil(): HTMLElement {
  return h('div', { className: 'over', 'aria-hidden': 'true' }, h('div', { className: 'veil' }));
}

function dataOf({ lines, view }: Shown): { data: UPlot.AlignedData; min: number; max: number } {
  const tables = lines.map(({ at, values }) => [at as number[], values as number[]] as UPlot.AlignedData);
  const joined = tables.length === 0 ? ([[]] as unknown as UPlot.AlignedData) : UPlot.join(tables);
  const data = joined.map((column, index) => (index === 0 ? column : held(column as (number | null | undefined)[])));
  return { data: data as UPlot.AlignedData, min: view.from / 1_000, max: view.to / 1_000 };
}

/** A value holds until the next one of its own line. */
function held(column: readonly (number | null | undefined)[]): (number | null)[] {
  let last: number | null = null;
  return column.map((value) => {
    if (value !== undefined) last = value;
    return last;
  });
}

function topOf({ lines, view, atLeast = 1, most = Infinity }: Shown): number {
  let top = atLeast;
  for (const { at, values } of lines) {
    values.forEach((value, index) => {
      const isIn = at[index]! <= view.to / 1_000 && (at[index + 1] ?? Infinity) >= view.from / 1_000;
      if (isIn && value !== null && value > top && value < Infinity) top = value;
    });
  }
  return Math.min(most, top) * 1.08;
}

function secondsOf(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toFixed(2))} s`;
  return `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}`;
}

function short(value: number): string {
  return value >= 10_000 ? `${value / 1_000}k` : value.toLocaleString('en');
}
