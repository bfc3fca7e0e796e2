import { limitSteps } from '../model/limit-row.ts';
import type { Scene } from '../model/scene.ts';
import { WAY_TITLES, WAYS, type Way } from '../model/ways.ts';
import type { Run } from '../worker/protocol.ts';
import { binsOf, requestsIn, stepOf, type View } from './bins.ts';
import { h } from './dom.ts';
import { type Line, SeriesChart } from './series-chart.ts';
import type { Runs } from './summary-table.ts';

const HEIGHT = 190;
/** Slices of time. */
const SLICES = 240;
/** The same for the lines of the other ways, which must not hide it. */
const COARSE = 60;

export interface AtServer {
  readonly runs: Runs;
  /** The way that is shown as areas; the others are lines. */
  readonly way: Way;
  readonly view: View;
  readonly limit: Line | undefined;
}

/** Requests per second at the server, by answer; the real limit; and the requests of the other ways. */
export class ServerChart {
  readonly elements: readonly HTMLElement[];
  readonly #legend = h('ul', { className: 'legend' });
  readonly #chart: SeriesChart;

  constructor(onZoom: (view: View) => void) {
    this.#chart = new SeriesChart(HEIGHT, { onZoom });
    this.elements = [this.#legend, this.#chart.element];
  }

  show(shown: AtServer): void {
    const { runs, way, view, limit } = shown;
    const others = WAYS.filter((other) => other !== way && runs[other]);
    const lines = others.map((other) => otherLine(runs[other]!, other, view));
    const areas = runs[way] ? areasOf(runs[way], view) : [];
    this.#chart.show({ view, lines: [...areas, ...lines, ...(limit ? [limit] : [])] });
    this.#fillLegend(others, limit !== undefined);
  }

  repaint(): void {
    this.#chart.repaint();
  }

  #fillLegend(others: readonly Way[], hasLimit: boolean): void {
    const item = (name: string, text: string, kind = 'box') =>
      h('li', {}, h('i', { className: kind, style: `--c: var(--${name})` }), text);
    this.#legend.replaceChildren(
      item('ok', 'answered'),
      item('refused', 'refused (429)'),
      item('failed', 'failed'),
      ...(hasLimit ? [item('limit', 'what the server allows', 'dash')] : []),
      ...others.map((way) => item(way, WAY_TITLES[way], 'rule')),
    );
  }
}

/** How many requests per second the server allows during a scene, if it has a limit. */
export function limitLine(scene: Scene, length: number): Line | undefined {
  const steps = limitSteps(scene);
  if (steps.length === 0) return undefined;
  const all = [...steps, { at: length, perSecond: steps.at(-1)!.perSecond }];
  return {
    label: 'what the server allows',
    colour: 'limit',
    at: all.map(({ at }) => at / 1_000),
    values: all.map(({ perSecond }) => perSecond),
    dashed: true,
  };
}

/** Each area is drawn over the one before it, so that they look stacked. */
function areasOf(run: Run, view: View): Line[] {
  const { at, ok, refused, failed } = binsOf(run, view, stepFor(run, view, SLICES));
  const upTo = (...parts: number[][]) =>
    parts[0]!.map((_, index) => parts.reduce((sum, part) => sum + part[index]!, 0));
  return [
    { label: 'failed', colour: 'failed', at, values: upTo(ok, refused, failed), filled: true },
    { label: 'refused', colour: 'refused', at, values: upTo(ok, refused), filled: true },
    { label: 'answered', colour: 'ok', at, values: ok, filled: true },
  ];
}

function otherLine(run: Run, way: Way, view: View): Line {
  const { at, total } = binsOf(run, view, stepFor(run, view, COARSE));
  return { label: WAY_TITLES[way], colour: way, at, values: total, width: 1.25 };
}

function stepFor(run: Run, view: View, most: number): number {
  return stepOf(view, { most, requests: requestsIn(run, view) });
}
