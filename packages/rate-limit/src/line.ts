/** A call that waits for its turn. */
export interface Waiter {
  /** Calls go out in this order; a refused call keeps its place. */
  readonly ticket: number;
  /** After this it waits in vain. */
  readonly deadline: number;
  readonly admit: (now: number) => void;
  readonly reject: (reason: unknown) => void;
  before: Waiter | undefined;
  after: Waiter | undefined;
}

/** First come, first served, with constant-time leaving from anywhere. */
export class Line {
  size = 0;
  first: Waiter | undefined;
  #last: Waiter | undefined;

  /** Puts a newcomer at the end, and one that comes back behind those that came before it. */
  join(waiter: Waiter): void {
    const isNew = !this.#last || this.#last.ticket < waiter.ticket;
    let after = isNew ? undefined : this.first;
    while (after && after.ticket < waiter.ticket) after = after.after;
    this.#link(after ? after.before : this.#last, waiter);
    this.#link(waiter, after);
    this.size++;
  }

  leave(waiter: Waiter): void {
    this.#link(waiter.before, waiter.after);
    waiter.before = waiter.after = undefined;
    this.size--;
  }

  *[Symbol.iterator](): Generator<Waiter> {
    for (let waiter = this.first; waiter; ) {
      const { after } = waiter;
      yield waiter;
      waiter = after;
    }
  }

  #link(before: Waiter | undefined, after: Waiter | undefined): void {
    if (before) before.after = after;
    else this.first = after;
    if (after) after.before = before;
    else this.#last = before;
  }
}
