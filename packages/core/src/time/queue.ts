/** A place in a queue. */
export interface Place<T> {
  readonly value: T;
  /** Lower ones come first. */
  readonly order: number;
  index: number;
  hasLeft: boolean;
}

/**
 * Values in order: a binary heap. Adding at the end takes constant time, adding elsewhere and taking the first one logarithmic
 * time. Equal orders come out in no particular order.
 *
 * A place that leaves is only marked, so that thousands can leave at once; it is dropped once it comes first, or when more
 * have left than there are.
 */
export class Queue<T> {
  #heap: Place<T>[] = [];
  #left = 0;

  get size(): number {
    return this.#heap.length - this.#left;
  }

  get first(): Place<T> | undefined {
    while (this.#heap[0]?.hasLeft) this.#dropFirst();
    return this.#heap[0];
  }

  add(order: number, value: T): Place<T> {
    const place: Place<T> = { value, order, index: this.#heap.length, hasLeft: false };
    this.#heap.push(place);
    this.#rise(place);
    return place;
  }

  /** Removes a place. Ignores one that was removed before, or that another queue has. */
  remove(place: Place<T>): void {
    if (this.#heap[place.index] !== place || place.hasLeft) return;
    place.hasLeft = true;
    this.#left++;
    if (this.#left > this.size) this.#dropAll();
  }

  /** Where the first one has left there is another one that has not. */
  #dropFirst(): void {
    const last = this.#heap.pop()!;
    this.#left--;
    this.#put(last, 0);
    this.#sink(last);
  }

  #dropAll(): void {
    this.#heap = this.#heap.filter(({ hasLeft }) => !hasLeft);
    this.#left = 0;
    for (const [index, place] of this.#heap.entries()) place.index = index;
    for (let index = (this.#heap.length >> 1) - 1; index >= 0; index--) this.#sink(this.#heap[index]!);
  }

  #put(place: Place<T>, index: number): void {
    this.#heap[index] = place;
    place.index = index;
  }

  #rise(place: Place<T>): void {
    let { index } = place;
    while (index > 0) {
      const parent = this.#heap[(index - 1) >> 1]!;
      if (parent.order <= place.order) break;
      this.#put(parent, index);
      index = (index - 1) >> 1;
    }
    this.#put(place, index);
  }

  #sink(place: Place<T>): void {
    let { index } = place;
    for (;;) {
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = right && right.order < left!.order ? right : left;
      if (!child || child.order >= place.order) break;
      const next = child.index;
      this.#put(child, index);
      index = next;
    }
    this.#put(place, index);
  }
}
