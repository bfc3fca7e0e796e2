import { describe, expect, it } from 'vitest';
import { Queue } from '../src/kit.ts';

function drain(queue: Queue<string>): string[] {
  const values: string[] = [];
  for (let { first } = queue; first; first = queue.first) {
    values.push(first.value);
    queue.remove(first);
  }
  return values;
}

describe('Queue', () => {
  it('returns values in order, whatever the order of adding', () => {
    const queue = new Queue<string>();

    for (const order of [5, 3, 8, 1, 9, 2, 7]) queue.add(order, String(order));

    expect(queue.size).toBe(7);
    expect(drain(queue)).toEqual(['1', '2', '3', '5', '7', '8', '9']);
  });

  it('removes any place, and ignores a place that was removed before', () => {
    const queue = new Queue<string>();
    const places = [4, 1, 3, 2, 5, 6].map((order) => queue.add(order, String(order)));

    for (const index of [2, 0, 2, 5]) queue.remove(places[index]!);

    expect(queue.size).toBe(3);
    expect(drain(queue)).toEqual(['1', '2', '5']);
  });

  it('keeps its order while half of the places are removed from the middle', () => {
    const queue = new Queue<string>();
    const orders = Array.from({ length: 100 }, (_, index) => (index * 37) % 101);
    const places = orders.map((order) => queue.add(order, String(order)));

    for (const place of places) if (place.order % 2 === 0) queue.remove(place);

    expect(drain(queue)).toEqual(
      orders
        .filter((order) => order % 2)
        .sort((a, b) => a - b)
        .map(String),
    );
  });

  it('keeps its order, and accepts more, after most places were removed', () => {
    const queue = new Queue<string>();
    const places = Array.from({ length: 100 }, (_, index) => queue.add((index * 37) % 101, String((index * 37) % 101)));

    for (const place of places) if (place.order % 5 > 0) queue.remove(place);
    for (const order of [96, 1, 52]) queue.add(order, String(order));

    expect(queue.size).toBe(places.filter(({ order }) => order % 5 === 0).length + 3);
    expect(drain(queue).slice(0, 4)).toEqual(['0', '1', '5', '10']);
  });

  it('ignores a place of another queue', () => {
    const [queue, other] = [new Queue<string>(), new Queue<string>()];
    const place = queue.add(1, 'mine');
    other.add(1, 'other');

    other.remove(place);

    expect([queue.size, other.size]).toEqual([1, 1]);
  });
});
