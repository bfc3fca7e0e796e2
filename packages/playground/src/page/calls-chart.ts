import { CallEnd } from '../model/recording.ts';
import type { Run } from '../worker/protocol.ts';
import type { View } from './bins.ts';
import { h } from './dom.ts';
import { type Palette, palette } from './palette.ts';
import { sampleCalls } from './sample.ts';
import { MARGIN, veil } from './series-chart.ts';
import { eventsOf, type Spelt, storyOf } from './story.ts';

/** How many calls have a row. */
export const ROWS = 36;
const HEIGHT = 324;
/** Few calls have higher rows, with room for words. */
const ROW = { least: HEIGHT / ROWS, most: 22, worded: 16 };
const TOP = 4;
/** The least width of an attempt, in pixels. */
const LEAST = 2.5;
/** At most this many parts of one call are drawn, to bound the work of a frame. */
export const PARTS = 200;

/** A part of a row, between two instants. */
export interface Part {
  readonly kind: 'attempt' | 'wait' | 'gate' | 'queue';
  readonly from: number;
  readonly to: number;
  readonly colour: keyof Palette;
  /** The reason, if there is space for it. */
  readonly word: string;
}

/** The parts of a call that a row of the chart shows. */
export function partsOf(run: Run, call: number): Part[] {
  const events = eventsOf(run, call).slice(0, PARTS);
  return events.flatMap((event, index) => partOf(event, () => nextSend(run, call, events, index)));
}

function partOf(event: Spelt, until: () => number): Part[] {
  const { type, at, ms, status, why } = event;
  if (type === 'attempt')
    return [{ kind: 'attempt', from: at - ms, to: at, colour: colourOf(status), word: String(status || why) }];
  if (type === 'wait') return [{ kind: 'wait', from: at, to: at + ms, colour: 'wait', word: why }];
  const isHeld = (type === 'gate' || type === 'queue') && why.startsWith('wait');
  return isHeld
    ? [{ kind: type, from: at, to: until(), colour: 'wait', word: `${type} ${why}`.replace(' wait: ', ' ') }]
    : [];
}

/** When the call is sent again after an event, which is the end of its wait. */
function nextSend({ calls }: Run, call: number, events: readonly Spelt[], index: number): number {
  const next = events.slice(index + 1).find(({ type }) => type === 'attempt' || type === 'end');
  if (next) return next.type === 'attempt' ? next.at - next.ms : next.at;
  return Math.min(calls.end[call]!, Number.MAX_SAFE_INTEGER);
}

function colourOf(status: number): keyof Palette {
  if (status === 0 || status >= 500) return 'failed';
  if (status === 429) return 'refused';
  return status < 400 ? 'ok' : 'failed';
}

/** One row per call: its attempts by outcome, its waits, and how it ended. */
export class CallsChart {
  readonly element: HTMLElement;
  readonly #canvas = h('canvas', { tabIndex: 0, className: 'calls' });
  readonly #onStory: (story: string) => void;
  #run: Run | undefined;
  #view: View = { from: 0, to: 1 };
  #sample: readonly number[] = [];
  #picked = -1;

  constructor(onStory: (story: string) => void) {
    this.#onStory = onStory;
    this.#canvas.setAttribute('role', 'img');
    this.#canvas.setAttribute('aria-label', 'calls'); // until there are some
    this.element = h('div', { className: 'chart' }, this.#canvas, veil());
    this.#canvas.style.height = `${HEIGHT + 2 * TOP}px`;
    this.element.style.setProperty('--foot', '0px');
    this.#canvas.addEventListener('pointermove', ({ offsetY }) => this.#pick(Math.floor((offsetY - TOP) / this.#row)));
    this.#canvas.addEventListener('pointerleave', () => this.#pick(-1));
    this.#canvas.addEventListener('keydown', (event) => this.#onKey(event));
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
  }

  get #row(): number {
    return Math.max(ROW.least, Math.min(ROW.most, HEIGHT / Math.max(1, this.#sample.length)));
  }

  get sample(): readonly number[] {
    return this.#sample;
  }

  show(run: Run, view: View): void {
    this.#run = run;
    this.#view = view;
    this.#sample = sampleCalls(run, view, ROWS);
    this.#picked = -1;
    const all = run.calls.start.length.toLocaleString('en');
    const label = `${this.#sample.length} of ${all} calls, one row each. Arrow keys tell the story of a call.`;
    this.#canvas.setAttribute('aria-label', label);
    this.#draw();
  }

  repaint(): void {
    this.#draw();
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#pick(Math.max(0, Math.min(this.#sample.length - 1, this.#picked + step)));
  }

  #pick(row: number): void {
    if (row === this.#picked || !this.#run) return;
    this.#picked = row;
    const call = this.#sample[row];
    this.#onStory(call === undefined ? '' : storyOf(this.#run, call));
    this.#draw();
  }

  #draw(): void {
    const width = this.#canvas.clientWidth;
    if (!this.#run || width === 0) return;
    const height = 2 * TOP + HEIGHT;
    const scale = devicePixelRatio || 1;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const pen = this.#canvas.getContext('2d')!;
    pen.scale(scale, scale);
    const { from, to } = this.#view;
    const wide = width - MARGIN.left - MARGIN.right;
    const x = (at: number) => MARGIN.left + (wide * (Math.max(from, Math.min(to, at)) - from)) / (to - from);
    const colours = palette();
    this.#sample.forEach((call, row) => {
      drawRow(
        { pen, colours, view: this.#view, x, y: TOP + row * this.#row, row: this.#row },
        this.#run!,
        call,
        row === this.#picked,
      );
    });
  }
}

interface Place {
  readonly pen: CanvasRenderingContext2D;
  readonly colours: Palette;
  readonly view: View;
  readonly x: (at: number) => number;
  readonly y: number;
  /** The height of a row. */
  readonly row: number;
}

function drawRow(place: Place, run: Run, call: number, isPicked: boolean): void {
  const { pen, colours, view, x, y, row } = place;
  const { start, end, outcome } = run.calls;
  const middle = y + row / 2;
  const right = x(1e12);
  if (isPicked) {
    pen.fillStyle = colours.line;
    pen.fillRect(0, y, right + MARGIN.right, row);
  }
  pen.fillStyle = colours.quiet;
  pen.font = '9px system-ui, sans-serif';
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  pen.fillText(`#${call + 1}`, MARGIN.left - 6, middle);
  pen.fillStyle = colours.line;
  pen.fillRect(x(start[call]!), middle - 0.5, Math.max(1, x(Math.min(end[call]!, 1e12)) - x(start[call]!)), 1);
  for (const part of partsOf(run, call)) if (part.to >= view.from && part.from <= view.to) drawPart(place, part);
  if (outcome[call] === CallEnd.failed && end[call]! <= view.to)
    drawCross(pen, colours.failed, x(end[call]!) + 3, middle);
}

function drawPart({ pen, colours, x, y, row }: Place, { kind, from, to, colour, word }: Part): void {
  const left = x(from);
  const width = x(to) - left;
  const middle = y + row / 2;
  const thick = Math.min(row - 3, 10);
  pen.fillStyle = colours[colour];
  if (kind === 'attempt') pen.fillRect(left, middle - thick / 2, Math.max(LEAST, width), thick);
  else if (kind === 'wait') pen.fillRect(left, middle - 0.75, width, 1.5);
  else for (let at = left; at < left + width; at += 4) pen.fillRect(at, middle - 1.5, 1.5, 3);
  if (row < ROW.worded || kind === 'attempt') return;
  pen.fillStyle = colours.quiet;
  pen.textAlign = 'left';
  if (pen.measureText(word).width + 8 < width) pen.fillText(word, left + 4, middle - 6);
}

function drawCross(pen: CanvasRenderingContext2D, colour: string, x: number, y: number): void {
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(x - 2, y - 2);
  pen.lineTo(x + 2, y + 2);
  pen.moveTo(x + 2, y - 2);
  pen.lineTo(x - 2, y + 2);
  pen.stroke();
}
