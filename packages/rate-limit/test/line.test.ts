import { describe, expect, it } from 'vitest';
import { Line, type Waiter } from '../src/line.ts';

const waiter = (ticket: number): Waiter => ({
  ticket,
  deadline: Infinity,
  admit: () => {},
  reject: () => {},
  before: undefined,
  after: undefined,
});

const tickets = (line: Line) => [...line].map(({ ticket }) => ticket);

describe('Line', () => {
  it('keeps newcomers in the order they came', () => {
    const line = new Line();

    for (const ticket of [1, 2, 3]) line.join(waiter(ticket));

    expect(tickets(line)).toEqual([1, 2, 3]);
    expect(line.size).toBe(3);
  });

  it('puts those that come back where they were', () => {
    const line = new Line();

    for (const ticket of [5, 6, 2, 1, 4]) line.join(waiter(ticket));

    expect(tickets(line)).toEqual([1, 2, 4, 5, 6]);
  });

  it('lets any of them leave', () => {
    const line = new Line();
    const [first, middle, last] = [waiter(1), waiter(2), waiter(3)];
    for (const one of [first, middle, last]) line.join(one);

    line.leave(middle);
    line.leave(first);
    line.join(waiter(4));
    line.leave(last);

    expect(tickets(line)).toEqual([4]);
    expect(line.size).toBe(1);
  });

  it('is empty once all have left', () => {
    const line = new Line();
    const only = waiter(1);
    line.join(only);

    line.leave(only);

    expect(line.first).toBeUndefined();
    expect(line.size).toBe(0);
  });
});
