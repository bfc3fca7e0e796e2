import { isWorse } from '../model/measures.ts';
import type { Measure } from '../model/recording.ts';
import { WAY_TITLES, WAYS, type Way } from '../model/ways.ts';
import type { Run } from '../worker/protocol.ts';
import { h } from './dom.ts';
import { measured } from './words.ts';

export type Runs = Partial<Record<Way, Run>>;

/** The measures of the three ways side by side. A measure that is worse than behind a plain retry is marked. */
export function summaryTable(runs: Runs, { isCareless }: { isCareless: boolean }): HTMLElement {
  const measures = new Map(WAYS.flatMap((way) => runs[way]?.measures ?? []).map(({ id, title }) => [id, title]));
  const head = WAYS.map((way) =>
    h('th', { scope: 'col' }, way === 'plain' && isCareless ? 'plain retry, POST too' : WAY_TITLES[way]),
  );
  const rows = Array.from(measures, ([id, title]) =>
    h('tr', { 'data-measure': id }, h('th', { scope: 'row' }, title), ...WAYS.map((way) => cell(runs, way, id))),
  );
  return h(
    'table',
    { className: 'summary' },
    h('caption', {}, 'The same calls, three ways'),
    h('thead', {}, h('tr', {}, h('td'), ...head)),
    h('tbody', {}, ...rows),
    h(
      'tfoot',
      {},
      h(
        'tr',
        {},
        h(
          'td',
          { colSpan: 4 },
          'A lost call counts as 30 s. A number is marked if it is worse by more than the benchmark of harm allows.',
        ),
      ),
    ),
  );
}

function cell(runs: Runs, way: Way, id: string): HTMLElement {
  const measure = find(runs[way], id);
  if (!measure) return h('td', { className: 'pending', 'data-way': runs[way] && way }, runs[way] ? '–' : '…');
  const plain = find(runs.plain, id);
  if (way !== 'yours' || !isWorse(measure, plain)) return h('td', { 'data-way': way }, measured(measure));
  return h(
    'td',
    { className: 'worse', 'data-way': way },
    measured(measure),
    h('small', {}, 'worse than a plain retry'),
  );
}

function find(run: Run | undefined, id: string): Measure | undefined {
  return run?.measures.find((measure) => measure.id === id);
}
