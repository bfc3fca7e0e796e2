import { EVENT_TYPES } from '../model/recording.ts';
import type { Run } from '../worker/protocol.ts';
import { firstFrom } from './bins.ts';
import { h } from './dom.ts';
import { eventAt, sentence } from './story.ts';
import { count, instant } from './words.ts';

const ROW = 22;
/** Rows that are in the page at once. */
export const LISTED = 60;

/** The events up to the instant that is played, of one kind or with a word in them. Only the rows in view are in the page. */
export class EventList {
  readonly element: HTMLElement;
  readonly #kind = h(
    'select',
    { ariaLabel: 'kind of event' },
    h('option', { value: '' }, 'all events'),
    ...EVENT_TYPES.map((type) => h('option', {}, type)),
  );
  readonly #word = h('input', { type: 'search', placeholder: 'filter, e.g. 429 or #12', ariaLabel: 'filter events' });
  readonly #count = h('span', { className: 'count', role: 'status' });
  readonly #scroll = h('div', { className: 'events', tabIndex: 0, role: 'region', ariaLabel: 'events' });
  readonly #rows = h('ol');
  #run: Run | undefined;
  #chosen: Uint32Array | undefined;
  #shown = 0;
  #at = Infinity;

  constructor() {
    this.#scroll.append(this.#rows);
    this.#scroll.addEventListener('scroll', () => this.#paint());
    for (const input of [this.#kind, this.#word]) input.addEventListener('input', () => this.#filter());
    const head = h('div', { className: 'bar' }, h('h2', {}, 'Events'), this.#kind, this.#word, this.#count);
    this.element = h('section', { className: 'list' }, head, this.#scroll);
  }

  show(run: Run): void {
    this.#run = run;
    this.#filter();
  }

  /** Shows the events up to an instant. */
  until(at: number): void {
    this.#at = at;
    this.#reach();
  }

  #filter(): void {
    if (!this.#run) return;
    this.#chosen = filtered(this.#run, this.#kind.value, this.#word.value.trim());
    this.#scroll.scrollTop = 0;
    this.#shown = -1;
    this.#reach();
  }

  #reach(): void {
    if (!this.#run) return;
    const { at } = this.#run.events;
    const last = firstFrom(at, this.#at + 1e-9);
    const shown = this.#chosen ? placesBefore(this.#chosen, last) : last;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#count.textContent = `${count(shown)} events`;
    this.#paint();
  }

  /** The newest event is the first row. */
  #paint(): void {
    const run = this.#run!;
    const top = Math.floor(this.#scroll.scrollTop / ROW);
    const from = Math.max(0, Math.min(top - 10, this.#shown - LISTED));
    const rows: HTMLElement[] = [];
    for (let row = from; row < Math.min(this.#shown, from + LISTED); row++) {
      const place = this.#shown - 1 - row;
      rows.push(rowOf(run, this.#chosen ? this.#chosen[place]! : place));
    }
    this.#rows.style.height = `${this.#shown * ROW}px`;
    this.#rows.style.paddingTop = `${from * ROW}px`;
    this.#rows.replaceChildren(...rows);
  }
}

function rowOf(run: Run, index: number): HTMLElement {
  const event = eventAt(run, index);
  return h(
    'li',
    {},
    h('span', { className: 'cell at' }, instant(event.at)),
    h('span', { className: 'cell call' }, `#${event.call + 1}`),
    h('span', { className: `cell type ${event.type}` }, event.type),
    h('span', { className: 'cell' }, sentence(event)),
  );
}

/** The places of the events of a kind that have a word in them; `undefined` for all. `#12` is a call. */
export function filtered(run: Run, kind: string, word: string): Uint32Array | undefined {
  if (kind === '' && word === '') return undefined;
  const { type, call, status, why } = run.events;
  const wanted = EVENT_TYPES.indexOf(kind as (typeof EVENT_TYPES)[number]);
  const number = /^#(\d+)$/.exec(word)?.[1];
  const has = run.words.map((text) => text.includes(word));
  const isIn = (index: number) => {
    if (wanted >= 0 && type[index] !== wanted) return false;
    if (number !== undefined) return call[index] === Number(number) - 1;
    return (
      word === '' || has[why[index]!] || String(status[index]) === word || EVENT_TYPES[type[index]!]!.includes(word)
    );
  };
  return Uint32Array.from(Array.from({ length: type.length }, (_, index) => index).filter(isIn));
}

function placesBefore(places: Uint32Array, last: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < last) low = middle + 1;
    else high = middle;
  }
  return low;
}
