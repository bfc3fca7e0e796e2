import type { CircuitAttempt } from './permit.ts';

/** If more things than this failed, their parts count as down; if more parts than this did, the whole service. */
const MANY = 5;

/** What failed since the last success. */
export class FailingParts {
  /** Also what was asked for while it was refused. */
  readonly #things = new Set<string>();
  readonly #parts = new Set<string>();

  /** The parts that are refused under a scoped rule; `undefined` if all are. */
  get parts(): string[] | undefined {
    const few = this.#parts.size > 0 && this.#parts.size <= MANY;
    return few ? [...this.#parts] : undefined;
  }

  note({ thing, part }: CircuitAttempt): void {
    add(this.#things, thing);
    add(this.#parts, part);
  }

  noteAsked({ thing }: CircuitAttempt): void {
    add(this.#things, thing);
  }

  /** Whether more than one thing failed or was asked for. */
  get areSeveral(): boolean {
    return this.#things.size > 1;
  }

  /** Called at each success: to clear a set makes it anew, also an empty one. */
  clear(): void {
    if (this.#things.size > 0) this.#things.clear();
    if (this.#parts.size > 0) this.#parts.clear();
  }

  /** Whether a scoped rule refuses it. One thing may be broken while the others of its part are not, so a part is refused only when more than a few failed. */
  refuses({ thing, part }: CircuitAttempt): boolean {
    if (!this.parts || part === undefined) return true;
    const few = this.#things.size <= MANY && thing !== undefined;
    return few ? this.#things.has(thing) : this.#parts.has(part);
  }
}

function add(failed: Set<string>, name: string | undefined): void {
  if (name !== undefined && failed.size <= MANY) failed.add(name);
}
