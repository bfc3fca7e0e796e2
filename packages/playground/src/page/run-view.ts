import { limitSteps } from '../model/limit-row.ts';
import { BELIEFS, type Belief, type BeliefName } from '../model/recording.ts';
import type { Scene } from '../model/scene.ts';
import { WAY_TITLES, WAYS, type Way } from '../model/ways.ts';
import type { Run } from '../worker/protocol.ts';
import { binsOf, requestsIn, stepOf, type View } from './bins.ts';
import { CallsChart } from './calls-chart.ts';
import { dataTables } from './data-tables.ts';
import { h } from './dom.ts';
import { EventList } from './event-list.ts';
import { FrameQueue } from './frame-queue.ts';
import { onTheme } from './palette.ts';
import { Player } from './player.ts';
import { type Line, SeriesChart } from './series-chart.ts';
import { type Runs, summaryTable } from './summary-table.ts';

/** Slices of time in the chart of the server. */
const SLICES = 240;
/** And for the lines of the other ways, which must not hide it. */
const COARSE = 60;
/** What each chart of a belief has room for. */
const BELIEF_HEIGHT = 74;

export interface Shows {
  readonly scene: () => Scene;
  /** How long the scene is. */
  readonly length: () => number;
  /** The part of time to begin with, if not all of it. */
  readonly first: () => View | undefined;
}

/** Everything about what happened: charts, the three ways, events. Draws only when something changes. */
export class RunView {
  readonly #scene: () => Scene;
  readonly #length: () => number;
  readonly #first: () => View | undefined;
  readonly #calls: CallsChart;
  readonly #server: SeriesChart;
  readonly #beliefs = new Map<BeliefName, { chart: SeriesChart; figure: HTMLElement }>();
  readonly #beliefsPlace = h('div', { className: 'beliefs' });
  readonly #player: Player;
  readonly #events = new EventList();
  readonly #summary = h('div', { className: 'ways' });
  readonly #status = h('p', { className: 'status', role: 'status' });
  readonly #story = h('p', { className: 'story-line', ariaLive: 'polite' });
  readonly #charts = h('div', { className: 'charts' });
  readonly #tables = h('div');
  readonly #legend = h('ul', { className: 'legend' });
  readonly #work = new FrameQueue();
  #runs: Runs = {};
  #way: Way = 'yours';
  #view: View = { from: 0, to: 1 };
  #isAsked = false;
  #isNew = false;

  constructor(place: HTMLElement, { scene, length, first }: Shows) {
    this.#scene = scene;
    this.#length = length;
    this.#first = first;
    const onZoom = (view: View) => this.zoom(view);
    this.#calls = new CallsChart((story) => {
      this.#story.textContent = story || HINT;
    });
    this.#story.textContent = HINT;
    this.#server = new SeriesChart(190, { onZoom });
    this.#player = new Player((at) => this.#moved(at));
    this.#charts.append(
      figure(
        'Calls',
        'a row each: attempts by outcome, waits as lines, gate and queue dotted',
        this.#calls.element,
        this.#story,
      ),
      figure('At the server', 'requests a second', this.#legend, this.#server.element),
      this.#beliefsPlace,
    );
    const tables = h(
      'details',
      { className: 'tables', ontoggle: () => this.#fillTables() },
      h('summary', {}, 'The charts as tables'),
      this.#tables,
    );
    place.append(
      this.#status,
      h('div', { className: 'bar sticky' }, this.#ways(), this.#player.element, this.#zooms()),
      this.#charts,
      this.#summary,
      this.#events.element,
      tables,
    );
    onTheme(() => this.#repaint());
  }

  /**
   * Another state is run: what is shown is of the last one until the first run is there. `isNew`: nothing of it was there
   * before; else the part of time that is looked at stays.
   */
  begin(isNew: boolean): void {
    this.#runs = {};
    this.#isAsked = true;
    this.#isNew ||= isNew;
    this.#status.textContent = 'running …';
    this.#status.classList.add('busy');
    for (const part of [this.#charts, this.#summary]) part.classList.add('stale');
  }

  say(text: string): void {
    this.#status.textContent = text;
    this.#status.classList.remove('busy');
  }

  /** `calls`: made so far. */
  progress(way: Way, calls: number): void {
    if (!this.#runs[way] && this.#status.classList.contains('busy'))
      this.#status.textContent = `${WAY_TITLES[way]}: ${calls.toLocaleString('en')} calls …`;
  }

  add(way: Way, run: Run): void {
    this.#runs = { ...this.#runs, [way]: run };
    if (this.#isAsked) {
      this.#isAsked = false;
      for (const part of [this.#charts, this.#summary]) part.classList.remove('stale');
      if (this.#isNew || this.#view.to > this.#length()) this.#view = this.#first() ?? { from: 0, to: this.#length() };
      this.#isNew = false;
      this.#player.load(this.#view);
    }
    this.#work.add('summary', () => this.#showSummary());
    this.#draw(way);
  }

  #showSummary(): void {
    const isCareless = this.#scene().load.method === 'POST';
    this.#summary.replaceChildren(summaryTable(this.#runs, { isCareless }));
  }

  zoom({ from, to }: View): void {
    const length = this.#length();
    const span = Math.max(200, Math.min(length, to - from));
    const start = Math.max(0, Math.min(length - span, from));
    this.#view = { from: start, to: start + span };
    this.#player.load(this.#view);
    this.#draw();
  }

  get #run(): Run | undefined {
    return this.#runs[this.#way];
  }

  /** Draws what depends on a run, piece by piece; of another way that is only its line at the server. */
  #draw(arrived: Way = this.#way): void {
    this.#work.add('server', () => {
      this.#drawServer();
      this.#fillLegend();
    });
    const run = this.#run;
    if (!run || arrived !== this.#way) return;
    this.#moved(this.#player.at);
    this.#work.add('calls', () => this.#calls.show(run, this.#view));
    for (const belief of this.#tellingOf(run)) this.#work.add(belief.name, () => this.#drawBelief(belief));
    this.#work.add('events', () => this.#events.show(run));
    this.#work.add('tables', () => this.#fillTables());
  }

  #drawServer(): void {
    const run = this.#run;
    const lines: Line[] = [];
    const stepFor = (one: Run, most: number) => stepOf(this.#view, { most, requests: requestsIn(one, this.#view) });
    if (run) {
      const { at, ok, refused, failed } = binsOf(run, this.#view, stepFor(run, SLICES));
      const upTo = (...parts: number[][]) =>
        parts[0]!.map((_, index) => parts.reduce((sum, part) => sum + part[index]!, 0));
      lines.push({ label: 'failed', colour: 'failed', at, values: upTo(ok, refused, failed), filled: true });
      lines.push({ label: 'refused', colour: 'refused', at, values: upTo(ok, refused), filled: true });
      lines.push({ label: 'answered', colour: 'ok', at, values: ok, filled: true });
    }
    for (const way of WAYS) {
      const other = this.#runs[way];
      if (way === this.#way || !other) continue;
      const { at, total } = binsOf(other, this.#view, stepFor(other, COARSE));
      lines.push({ label: WAY_TITLES[way], colour: way, at, values: total, width: 1.25 });
    }
    const limit = this.#limitLine();
    this.#server.show({ view: this.#view, lines: limit ? [...lines, limit] : lines });
  }

  #limitLine(): Line | undefined {
    const steps = limitSteps(this.#scene());
    if (steps.length === 0) return undefined;
    const end = { at: this.#length(), perSecond: steps.at(-1)!.perSecond };
    const all = [...steps, end];
    return {
      label: 'what the server allows',
      colour: 'limit',
      at: all.map(({ at }) => at / 1_000),
      values: all.map(({ perSecond }) => perSecond),
      dashed: true,
    };
  }

  /** The beliefs that are worth a chart; the charts of the others are hidden. */
  #tellingOf(run: Run): Belief[] {
    const telling = run.beliefs.filter(isTelling);
    const names = new Set(telling.map(({ name }) => name));
    for (const [name, { figure: place }] of this.#beliefs) place.hidden = !names.has(name);
    return telling;
  }

  #drawBelief({ name, at, value }: Belief): void {
    const { chart } = this.#beliefs.get(name) ?? this.#addBelief(name);
    const own: Line = {
      label: name,
      colour: 'yours',
      at: Array.from(at, (ms) => ms / 1_000),
      values: Array.from(value, (one) => (Number.isNaN(one) ? null : one)),
      filled: isShare(name),
    };
    const limit = name === 'pace' ? this.#limitLine() : undefined;
    const lines = limit ? [limit, own] : [own];
    chart.show({ view: this.#view, lines, ...(isShare(name) ? { most: 1 } : topOf(limit)) });
  }

  #addBelief(name: BeliefName) {
    const { title, unit, about } = BELIEFS[name];
    const chart = new SeriesChart(BELIEF_HEIGHT, { hasTimes: false, onZoom: (view) => this.zoom(view) });
    const place = figure(title, `${unit}: ${about}`, chart.element);
    const order = Object.keys(BELIEFS);
    const next = [...this.#beliefs].find(([other]) => order.indexOf(other) > order.indexOf(name));
    this.#beliefsPlace.insertBefore(place, next?.[1].figure ?? null);
    const added = { chart, figure: place };
    this.#beliefs.set(name, added);
    const sorted = [...this.#beliefs].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
    this.#beliefs.clear();
    for (const [key, value] of sorted) this.#beliefs.set(key, value);
    return added;
  }

  /** The instant that is played: one style and one line of text, whatever there is to see. */
  #moved(at: number): void {
    const { from, to } = this.#view;
    this.#charts.style.setProperty('--t', String(Math.max(0, Math.min(1, (at - from) / (to - from)))));
    this.#events.until(at);
  }

  #ways(): HTMLElement {
    const tabs = WAYS.map((way) => {
      const input = h('input', {
        type: 'radio',
        name: 'way',
        checked: way === 'yours',
        onchange: () => this.#choose(way),
      });
      return h('label', {}, input, h('span', {}, WAY_TITLES[way]));
    });
    return h('div', { className: 'switch', role: 'radiogroup', ariaLabel: 'which run the charts show' }, ...tabs);
  }

  #choose(way: Way): void {
    this.#way = way;
    this.#draw();
  }

  #zooms(): HTMLElement {
    const by = (factor: number) => {
      const { from, to } = this.#view;
      const middle = this.#player.at > from && this.#player.at < to ? this.#player.at : (from + to) / 2;
      const span = (to - from) * factor;
      this.zoom({ from: middle - span / 2, to: middle + span / 2 });
    };
    const button = (text: string, ariaLabel: string, onclick: () => void) =>
      h('button', { type: 'button', ariaLabel, onclick }, text);
    return h(
      'div',
      { className: 'zoom', role: 'group', ariaLabel: 'zoom' },
      button('+', 'zoom in', () => by(0.4)),
      button('−', 'zoom out', () => by(2.5)),
      button('all', 'show all of it', () => this.zoom({ from: 0, to: this.#length() })),
    );
  }

  #fillLegend(): void {
    const item = (name: string, text: string, kind = 'box') =>
      h('li', {}, h('i', { className: kind, style: `--c: var(--${name})` }), text);
    const others = WAYS.filter((way) => way !== this.#way && this.#runs[way]);
    this.#legend.replaceChildren(
      item('ok', 'answered'),
      item('refused', 'refused (429)'),
      item('failed', 'failed'),
      ...(limitSteps(this.#scene()).length > 0 ? [item('limit', 'what the server allows', 'dash')] : []),
      ...others.map((way) => item(way, WAY_TITLES[way], 'rule')),
    );
  }

  #fillTables(): void {
    const details = this.#tables.parentElement as HTMLDetailsElement;
    if (!details.open || !this.#run) return;
    const limit = limitSteps(this.#scene());
    this.#tables.replaceChildren(
      ...dataTables({ runs: this.#runs, way: this.#way, view: this.#view, limit, sample: this.#calls.sample }),
    );
  }

  #repaint(): void {
    this.#calls.repaint();
    this.#server.repaint();
    for (const { chart } of this.#beliefs.values()) chart.repaint();
  }
}

const HINT = 'Point at a call, or use the arrow keys in the chart, to read its story.';

/** Share-like beliefs that never rise, and a budget that nobody uses, are not worth a chart. */
function isTelling({ name, value }: Belief): boolean {
  if (name === 'open') return true;
  if (name === 'gate' || name === 'circuit' || name === 'waiting') return value.some((one) => one > 0);
  return value.some((one) => !Number.isNaN(one));
}

function isShare(name: BeliefName): boolean {
  return name === 'gate' || name === 'circuit';
}

/** A pace that is far above the limit is cut off, so that the limit can be seen. */
function topOf(limit: Line | undefined): { most?: number } {
  const highest = Math.max(0, ...(limit?.values ?? []).map((value) => value ?? 0));
  return highest > 0 ? { most: 2 * highest } : {};
}

function figure(title: string, about: string, ...children: HTMLElement[]): HTMLElement {
  return h('section', { className: 'figure' }, h('h2', {}, title, h('small', {}, about)), ...children);
}
