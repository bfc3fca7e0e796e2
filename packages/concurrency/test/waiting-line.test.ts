import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WaitingLine } from '../src/waiting-line.ts';

describe('WaitingLine', () => {
  it('does as an array does', () => {
    const step = fc.oneof(fc.constantFrom('join', 'shift', 'pop'), fc.nat(20));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const line = new WaitingLine<number>();
        const model: number[] = [];
        const leave: (() => void)[] = [];
        steps.forEach((what, value) => {
          if (what === 'join') {
            model.push(value);
            leave[value] = line.join(value);
          } else if (what === 'shift') expect(line.shift()).toBe(model.shift());
          else if (what === 'pop') {
            line.pop();
            model.pop();
          } else {
            leave[Number(what)]?.(); // perhaps not for the first time
            if (model.includes(Number(what))) model.splice(model.indexOf(Number(what)), 1);
          }
          expect(line.size).toBe(model.length);
          expect(line.last).toBe(model.at(-1));
        });
      }),
    );
  });
});
