import type { CircuitAttempt } from './permit.ts';

/** If more than five paths failed, their routes count as down; if more than five routes did, the whole service. */
const MAX_LISTED = 5;

/**
 * What failed since the last success, so that a scoped rule refuses nothing else. A "thing" is a method and a path (`GET /users/7`), its
 * "part" the method and the route (`GET /users/*`).
 */
export class FailingParts {
  /** Includes the things that were asked for and refused. */
  readonly #things = new Set<string>();
  readonly #parts = new Set<string>();

  /** The parts that are refused; `undefined` if everything is. */
  get parts(): string[] | undefined {
    const few = this.#parts.size > 0 && this.#parts.size <= MAX_LISTED;
    return few ? [...this.#parts] : undefined;
  }

  note({ thing, part }: CircuitAttempt): void {
    add(this.#things, thing);
    add(this.#parts, part);
  }

  noteAsked({ thing }: CircuitAttempt): void {
    add(this.#things, thing);
  }

  /** Whether several things failed or were asked for. */
  get hasSeveral(): boolean {
    return this.#things.size > 1;
  }

  /** Called at each success, so it is cheap: clearing a set costs time even if it is empty. */
  clear(): void {
    if (this.#things.size > 0) this.#things.clear();
    if (this.#parts.size > 0) this.#parts.clear();
  }

  /** Whether a scoped rule refuses an attempt. One thing may be broken alone, so a whole part is refused only after more than five failed. */
  refuses({ thing, part }: CircuitAttempt): boolean {
    if (!this.parts || part === undefined) return true;
    const few = this.#things.size <= MAX_LISTED && thing !== undefined;
    return few ? this.#things.has(thing) : this.#parts.has(part);
  }
}

function add(failed: Set<string>, name: string | undefined): void {
  if (name !== undefined && failed.size <= MAX_LISTED) failed.add(name);
}
