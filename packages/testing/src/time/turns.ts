/** Runs steps one after the other, in the order they are given, whatever becomes of the ones before. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  take(step: () => Promise<void>): Promise<void> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => {});
    return done;
  }
}
