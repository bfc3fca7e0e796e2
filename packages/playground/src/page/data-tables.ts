import { BELIEFS } from '../model/recording.ts';
import type { Way } from '../model/ways.ts';
import { WAY_TITLES, WAYS } from '../model/ways.ts';
import { binsOf, firstFrom, requestsIn, stepOf, type View } from './bins.ts';
import { h } from './dom.ts';
import { storyOf } from './story.ts';
import type { Runs } from './summary-table.ts';
import { count } from './words.ts';

/** Rows of a table over time. */
const SLICES = 60;

export interface Charted {
  readonly runs: Runs;
  readonly way: Way;
  readonly view: View;
  readonly limit: readonly { readonly at: number; readonly perSecond: number }[];
  readonly sample: readonly number[];
}

/** What the charts show, as tables: for screen readers, and to copy. */
export function dataTables(charted: Charted): HTMLElement[] {
  return [overTime(charted), calls(charted)];
}

function overTime({ runs, way, view, limit }: Charted): HTMLElement {
  const run = runs[way]!;
  const step = stepOf(view, { most: SLICES, requests: requestsIn(run, view) });
  const { at, ok, refused, failed } = binsOf(run, view, step);
  const others = WAYS.filter((other) => other !== way && runs[other]);
  const totals = others.map((other) => binsOf(runs[other]!, view, step).total);
  const head = ['from', 'answered /s', 'refused /s', 'failed /s', ...(limit.length > 0 ? ['allowed /s'] : [])];
  const columns = [
    ...head,
    ...others.map((other) => `${WAY_TITLES[other]} /s`),
    ...run.beliefs.map(({ name }) => BELIEFS[name].title),
  ];
  const rows = at.slice(0, -1).map((seconds, slice) => {
    const allowed = limit.findLast(({ at: from }) => from <= 1_000 * seconds)?.perSecond;
    const beliefs = run.beliefs.map((belief) => belief.value[firstFrom(belief.at, 1_000 * seconds + step) - 1]);
    return [
      `${seconds} s`,
      ...[ok, refused, failed].map((column) => count(column[slice]!)),
      ...(limit.length > 0 ? [count(allowed ?? 0)] : []),
      ...totals.map((total) => count(total[slice]!)),
      ...beliefs.map((value) =>
        value === undefined || Number.isNaN(value) ? '–' : String(Math.round(10 * value) / 10),
      ),
    ];
  });
  return table(`At the server and beliefs, ${WAY_TITLES[way]}`, columns, rows);
}

function calls({ runs, way, sample }: Charted): HTMLElement {
  const run = runs[way]!;
  const items = sample.map((call) => h('li', {}, storyOf(run, call)));
  return h('section', {}, h('h3', {}, 'Some of the calls'), h('ol', { className: 'stories' }, ...items));
}

function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const cells = ([first, ...rest]: readonly string[]) => [
    h('th', { scope: 'row' }, first!),
    ...rest.map((text) => h('td', {}, text)),
  ];
  return h(
    'div',
    { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: caption },
    h(
      'table',
      {},
      h('caption', {}, caption),
      h('thead', {}, h('tr', {}, ...head.map((text) => h('th', { scope: 'col' }, text)))),
      h('tbody', {}, ...rows.map((row) => h('tr', {}, ...cells(row)))),
    ),
  );
}
