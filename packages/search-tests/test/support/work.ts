import { Session } from 'node:inspector/promises';

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly Range[] }[];
  }[];
}

/** Code whose steps count: ours. */
const COUNTED = /\/packages\/(?!testing|search-tests)/;

/** What works on all of an array or a text in one step. */
const LISTS = [
  'shift',
  'unshift',
  'splice',
  'indexOf',
  'includes',
  'slice',
  'concat',
  'find',
  'findIndex',
  'filter',
  'map',
  'forEach',
  'join',
  'sort',
  'some',
  'every',
  'reduce',
];
const TEXTS = ['replace', 'replaceAll', 'split', 'match', 'matchAll', 'indexOf', 'includes', 'trim', 'toLowerCase'];

/**
 * Counts the work of a program: the steps of its blocks, as the engine counts them, and the lengths of what built-in
 * functions go through. The same each time; a clock has no part in it. For a process of its own.
 */
export class WorkCounter {
  readonly #session = new Session();
  #native = 0;

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
    this.#watch(Array.prototype, LISTS);
    this.#watch(String.prototype, TEXTS);
    this.#watch(Uint8Array.prototype, ['slice', 'fill']);
    this.#watchCopies();
    this.#watchMatches();
    this.#watchListeners();
  }

  /** The work of a run, without what went before it. */
  async of(run: () => Promise<unknown>): Promise<number> {
    await this.#steps();
    this.#native = 0;
    await run();
    const native = this.#native;
    return (await this.#steps()) + native;
  }

  async #steps(): Promise<number> {
    const { result } = (await this.#session.post('Profiler.takePreciseCoverage')) as Coverage;
    let steps = 0;
    for (const { url, functions } of result) {
      if (!COUNTED.test(url)) continue;
      for (const { ranges } of functions) for (const { count } of ranges) steps += count;
    }
    return steps;
  }

  #watch(prototype: object, names: readonly string[]): void {
    const members = prototype as Record<string, (this: { length: number }, ...args: unknown[]) => unknown>;
    for (const name of names) {
      const real = members[name] ?? (Object.getPrototypeOf(prototype) as typeof members)[name]!;
      const count = (length: number) => this.#add(length);
      define(prototype, name, function (this: { length: number }, ...args: unknown[]) {
        count(this.length);
        return real.apply(this, args);
      });
    }
  }

  /** A copy of bytes takes as long as what is copied. */
  #watchCopies(): void {
    const { set } = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
    const count = (length: number) => this.#add(length);
    define(Uint8Array.prototype, 'set', function (this: Uint8Array, bytes: Uint8Array, at?: number) {
      count(bytes.length);
      return set.call(this, bytes, at);
    });
  }

  /** A sticky expression looks at what it matches, any other may look at all of the text. */
  #watchMatches(): void {
    const { exec } = RegExp.prototype;
    const count = (length: number) => this.#add(length);
    define(RegExp.prototype, 'exec', function (this: RegExp, text: unknown) {
      const match = exec.call(this, text as string);
      count(this.sticky ? (match?.[0].length ?? 0) : String(text).length);
      return match;
    });
  }

  /** An `EventTarget` goes through its listeners whenever one comes or leaves. */
  #watchListeners(): void {
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    const counts = new WeakMap<EventTarget, number>();
    const change = (target: EventTarget, by: number) => {
      const before = counts.get(target) ?? 0;
      this.#add(before);
      counts.set(target, Math.max(0, before + by));
    };
    define(EventTarget.prototype, 'addEventListener', function (this: EventTarget, ...args: never[]) {
      change(this, 1);
      return Reflect.apply(addEventListener, this, args);
    });
    define(EventTarget.prototype, 'removeEventListener', function (this: EventTarget, ...args: never[]) {
      change(this, -1);
      return Reflect.apply(removeEventListener, this, args);
    });
  }

  #add(work: number): void {
    this.#native += work;
  }
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
}
