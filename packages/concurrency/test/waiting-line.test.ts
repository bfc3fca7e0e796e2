import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WaitingLine } from '../src/waiting-line.ts';

describe('WaitingLine', () => {
  it('holds the same values as an array, in the same order', () => {
    const step = fc.oneof(fc.constant('join'), fc.constant('shift'), fc.nat(20));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const line = new WaitingLine<number>();
        const model: { value: number; leave: () => void }[] = [];
        steps.forEach((what, value) => {
          if (what === 'join') model.push({ value, leave: line.join(value) });
          else if (what === 'shift') expect(line.shift()).toBe(model.shift()?.value);
          else if (model.length > 0) model.splice(Number(what) % model.length, 1)[0]!.leave();
          expect(line.size).toBe(model.length);
        });
      }),
    );
  });
});
