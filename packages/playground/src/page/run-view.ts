import { limitSteps } from '../model/limit-row.ts';
import type { Scene } from '../model/scene.ts';
import { WAY_TITLES, WAYS, type Way } from '../model/ways.ts';
import type { Run } from '../worker/protocol.ts';
import { BeliefCharts } from './belief-charts.ts';
import type { View } from './bins.ts';
import { CallsChart } from './calls-chart.ts';
import { dataTables } from './data-tables.ts';
import { h } from './dom.ts';
import { EventList } from './event-list.ts';
import { figure } from './figure.ts';
import { FrameQueue } from './frame-queue.ts';
import { onTheme } from './palette.ts';
import { Player } from './player.ts';
import type { Line } from './series-chart.ts';
import { limitLine, ServerChart } from './server-chart.ts';
import { type Runs, summaryTable } from './summary-table.ts';

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
  readonly #server: ServerChart;
  readonly #beliefs: BeliefCharts;
  readonly #player: Player;
  readonly #events = new EventList();
  readonly #summary = h('div', { className: 'ways' });
  readonly #status = h('p', { className: 'status', role: 'status' });
  readonly #story = h('p', { className: 'story-line', ariaLive: 'polite' });
  readonly #charts = h('div', { className: 'charts' });
  readonly #tables = h('div');
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
    this.#server = new ServerChart(onZoom);
    this.#beliefs = new BeliefCharts(onZoom);
    this.#player = new Player((at) => this.#moved(at));
    this.#charts.append(
      figure(
        'Calls',
        'a row each: attempts by outcome, waits as lines, gate and queue dotted',
        this.#calls.element,
        this.#story,
      ),
      figure('At the server', 'requests a second', ...this.#server.elements),
      this.#beliefs.element,
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
   * Called when another state runs. The page shows the last state until the first result arrives. `isNew`: nothing of the new state
   * was shown before. Otherwise the visible part of time stays.
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

  /** `calls`: the number of calls so far. */
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
    const [runs, way, view, limit] = [this.#runs, this.#way, this.#view, this.#limit];
    this.#work.add('server', () => this.#server.show({ runs, way, view, limit }));
    const run = this.#run;
    if (!run || arrived !== this.#way) return;
    this.#moved(this.#player.at);
    this.#work.add('calls', () => this.#calls.show(run, view));
    for (const belief of this.#beliefs.telling(run.beliefs)) {
      this.#work.add(belief.name, () => this.#beliefs.draw(belief, view, limit));
    }
    this.#work.add('events', () => this.#events.show(run));
    this.#work.add('tables', () => this.#fillTables());
  }

  get #limit(): Line | undefined {
    return limitLine(this.#scene(), this.#length());
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
    this.#beliefs.repaint();
  }
}

const HINT = 'Point at a call, or use the arrow keys in the chart, to see what happened to it.';
