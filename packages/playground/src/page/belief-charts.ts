import { BELIEFS, type Belief, type BeliefName } from '../model/recording.ts';
import type { View } from './bins.ts';
import { h } from './dom.ts';
import { figure } from './figure.ts';
import { type Line, SeriesChart } from './series-chart.ts';

const HEIGHT = 74;

/** The state of a stack over time, with a small chart for each number. */
export class BeliefCharts {
  readonly element: HTMLElement = h('div', { className: 'beliefs' });
  readonly #charts: ReadonlyMap<BeliefName, { chart: SeriesChart; place: HTMLElement }>;

  constructor(onZoom: (view: View) => void) {
    const names = Object.keys(BELIEFS) as BeliefName[];
    this.#charts = new Map(names.map((name) => [name, chartOf(name, onZoom)]));
    this.element.append(...Array.from(this.#charts.values(), ({ place }) => place));
  }

  /** Shows the places of the numbers that have a chart, and returns them. */
  telling(beliefs: readonly Belief[]): Belief[] {
    const telling = beliefs.filter(isTelling);
    for (const [name, { place }] of this.#charts) place.hidden = !telling.some((belief) => belief.name === name);
    return telling;
  }

  draw({ name, at, value }: Belief, view: View, limit: Line | undefined): void {
    const own: Line = {
      label: name,
      colour: 'yours',
      at: Array.from(at, (ms) => ms / 1_000),
      values: Array.from(value, (one) => (Number.isNaN(one) ? null : one)),
      filled: isShare(name),
    };
    const lines = limit && name === 'pace' ? [limit, own] : [own];
    this.#charts.get(name)!.chart.show({ view, lines, ...mostOf(name, limit) });
  }

  repaint(): void {
    for (const { chart } of this.#charts.values()) chart.repaint();
  }
}

function chartOf(name: BeliefName, onZoom: (view: View) => void): { chart: SeriesChart; place: HTMLElement } {
  const { title, unit, about } = BELIEFS[name];
  const chart = new SeriesChart(HEIGHT, { hasTimes: false, onZoom });
  const place = figure(title, `${unit}: ${about}`, chart.element);
  place.hidden = true;
  return { chart, place };
}

/** A number that never changes gets no chart. */
function isTelling({ name, value }: Belief): boolean {
  if (name === 'open') return true;
  if (name === 'gate' || name === 'circuit' || name === 'waiting') return value.some((one) => one > 0);
  return value.some((one) => !Number.isNaN(one));
}

function isShare(name: BeliefName): boolean {
  return name === 'gate' || name === 'circuit';
}

/** A pace that is far above the limit is cut off, so that the limit can be seen. */
function mostOf(name: BeliefName, limit: Line | undefined): { most?: number } {
  if (isShare(name)) return { most: 1 };
  const highest = Math.max(0, ...(limit?.values ?? []).map((value) => value ?? 0));
  return name === 'pace' && highest > 0 ? { most: 2 * highest } : {};
}
