import type { View } from './bins.ts';
import { h } from './dom.ts';
import { instant } from './words.ts';

const SPEEDS = [
  ['1', '1×'],
  ['4', '4×'],
  ['16', '16×'],
  ['max', 'max'],
] as const;
/** How long the whole run takes at the highest speed, in milliseconds. */
const WHOLE = 4_000;

/** Plays a recorded run: moves an instant from the beginning to the end. The visitor can move it too. */
export class Player {
  readonly element: HTMLElement;
  readonly #slider = h('input', { type: 'range', min: '0', max: '1', step: 'any', ariaLabel: 'instant' });
  readonly #button = h('button', { type: 'button', className: 'play', onclick: () => this.toggle() });
  readonly #speed = h('select', { ariaLabel: 'speed' }, ...SPEEDS.map(([value, text]) => h('option', { value }, text)));
  readonly #loop = h('input', { type: 'checkbox' });
  readonly #said = h('output', { className: 'instant' });
  readonly #onMove: (at: number) => void;
  #view: View = { from: 0, to: 1 };
  #at = 1;
  #frame = 0;
  #last = 0;

  /** `onMove` gets the instant, in milliseconds since the start. */
  constructor(onMove: (at: number) => void) {
    this.#onMove = onMove;
    this.#speed.value = 'max';
    this.#slider.addEventListener('input', () => {
      this.pause();
      this.move(this.#view.from + Number(this.#slider.value) * this.#length);
    });
    this.element = h(
      'div',
      { className: 'player', role: 'group', ariaLabel: 'time' },
      this.#button,
      this.#slider,
      this.#said,
      this.#speed,
      h('label', {}, this.#loop, ' loop'),
    );
    this.#paint();
  }

  get at(): number {
    return this.#at;
  }

  /** Sets another part of time to play. The instant moves to its end, unless the visitor moved it before. */
  load(view: View): void {
    this.pause();
    const isAtEnd = this.#at >= this.#view.to || this.#at <= view.from;
    this.#view = view;
    this.move(isAtEnd ? view.to : this.#at);
  }

  get #length(): number {
    return this.#view.to - this.#view.from;
  }

  move(at: number): void {
    const { from, to } = this.#view;
    this.#at = Math.max(from, Math.min(to, at));
    this.#slider.value = String((this.#at - from) / this.#length);
    this.#slider.setAttribute('aria-valuetext', instant(this.#at));
    this.#said.value = instant(this.#at);
    this.#onMove(this.#at);
  }

  toggle(): void {
    if (this.#frame) {
      this.pause();
      return;
    }
    if (this.#at >= this.#view.to) this.move(this.#view.from);
    this.#last = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#step(now));
    this.#paint();
  }

  pause(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#paint();
  }

  #step(now: number): void {
    const { value } = this.#speed;
    const factor = value === 'max' ? this.#length / WHOLE : Number(value);
    const at = this.#at + Math.min(100, now - this.#last) * factor;
    this.#last = now;
    this.move(at >= this.#view.to && this.#loop.checked ? this.#view.from : at);
    if (this.#at >= this.#view.to) this.pause();
    else this.#frame = requestAnimationFrame((next) => this.#step(next));
  }

  #paint(): void {
    const isPlaying = this.#frame !== 0;
    this.#button.textContent = isPlaying ? '❚❚' : '▶';
    this.#button.ariaLabel = isPlaying ? 'pause' : 'play';
  }
}
