/** A list of numbers that grows, kept in one typed array. */
export class Grow<Numbers extends Float64Array | Uint32Array | Uint16Array | Uint8Array | Float32Array> {
  length = 0;
  #numbers: Numbers;
  readonly #make: new (
    length: number,
  ) => Numbers;

  constructor(make: new (length: number) => Numbers) {
    this.#make = make;
    this.#numbers = new make(256);
  }

  push(value: number): void {
    if (this.length === this.#numbers.length) {
      const more = new this.#make(2 * this.length);
      more.set(this.#numbers);
      this.#numbers = more;
    }
    this.#numbers[this.length++] = value;
  }

  set(index: number, value: number): void {
    this.#numbers[index] = value;
  }

  get(index: number): number {
    return this.#numbers[index]!;
  }

  /** A copy without the room to grow. */
  done(): Numbers {
    return this.#numbers.slice(0, this.length) as Numbers;
  }
}
