/** Runs steps one after another, in the order they are added, even if an earlier one fails. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => {});
    return done;
  }
}
