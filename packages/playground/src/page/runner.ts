import type { State } from '../model/link.ts';
import { stackOf } from '../model/stack.ts';
import { WAYS, type Way } from '../model/ways.ts';
import type { Run, Told } from '../worker/protocol.ts';
import SimulationWorker from '../worker/worker.ts?worker&inline';

/** Code that gives no sign of life for this many seconds is ended. While the page or the machine sleeps, at most one second counts. */
const PATIENCE = 5;

/** Callbacks for the runs of one state. */
export interface Heard {
  alive(way: Way, calls: number): void;
  done(way: Way, run: Run, took: number): void;
  failed(way: Way, message: string, line: number | undefined): void;
}

/** One worker, which does one run after the other. It is ended if the code blocks it. */
class Lane {
  #worker: Worker | undefined;
  #end: ((why: string | undefined) => void) | undefined;
  #id = 0;

  run(state: State, way: Way, heard: Heard): Promise<void> {
    this.#worker ??= new SimulationWorker();
    const worker = this.#worker;
    const id = ++this.#id;
    return new Promise((resolve) => {
      let left = PATIENCE;
      const timer = window.setInterval(() => {
        if (--left < 0) this.#end!(`the code did not end within ${PATIENCE} seconds`);
      }, 1_000);
      const finish = () => {
        clearInterval(timer);
        worker.removeEventListener('message', hear);
        this.#end = undefined;
        resolve();
      };
      const hear = ({ data }: MessageEvent<Told>) => {
        if (data.id !== id) return;
        left = PATIENCE;
        if (data.type === 'alive') return heard.alive(way, data.calls);
        finish();
        if (data.type === 'done') heard.done(way, data.run, data.took);
        else heard.failed(way, data.message, data.line);
      };
      this.#end = (why) => {
        worker.terminate();
        this.#worker = undefined;
        finish();
        if (why !== undefined) heard.failed(way, why, undefined);
      };
      worker.addEventListener('message', hear);
      worker.addEventListener('error', ({ message }) => this.#end?.(message || 'the worker failed'));
      worker.postMessage({ id, scene: state.scene, code: state.code, way });
    });
  }

  /** The next run gets another worker, unless one is under way. */
  renew(): void {
    if (this.#end) return;
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** Ends the present run. */
  stop(): void {
    this.#end?.(undefined);
  }
}

/** Runs a state three ways: yours in one worker, the two others in another. A known result is not computed again. */
export class Runner {
  readonly #mine = new Lane();
  readonly #others = new Lane();
  readonly #known = new Map<string, { run: Run; took: number }>();
  #ticket = 0;

  async run(state: State, heard: Heard): Promise<void> {
    const ticket = ++this.#ticket;
    this.#mine.stop();
    this.#others.stop();
    await Promise.all([this.#yours(state, heard), this.#rest(state, heard, () => ticket === this.#ticket)]);
  }

  /** Code may leave something behind in its worker, which must not affect the next run. */
  async #yours(state: State, heard: Heard): Promise<void> {
    await this.#mine.run(state, 'yours', heard);
    if (!stackOf(state.code)) this.#mine.renew();
  }

  async #rest(state: State, heard: Heard, isCurrent: () => boolean): Promise<void> {
    const scene = JSON.stringify(state.scene);
    for (const way of WAYS.filter((one) => one !== 'yours').reverse()) {
      const known = this.#known.get(`${way} ${scene}`);
      if (known) heard.done(way, known.run, known.took);
      else if (isCurrent()) await this.#others.run(state, way, this.#remembering(scene, heard));
    }
  }

  #remembering(scene: string, heard: Heard): Heard {
    const done = (way: Way, run: Run, took: number) => {
      if (this.#known.size >= 8) this.#known.delete(this.#known.keys().next().value!);
      this.#known.set(`${way} ${scene}`, { run, took });
      heard.done(way, run, took);
    };
    return { ...heard, done };
  }
}
