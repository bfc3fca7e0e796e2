import { expect, it } from 'vitest';
import { CommonLimit } from '../src/common-limit.ts';
import type { Gate } from '../src/gate.ts';

const [hot, other, third] = [{}, {}, {}] as [Gate, Gate, Gate];

/** Calls of three paths, most of them to one. Returns what refusals say: whether the paths have a limit in common. */
function calls() {
  const limit = new CommonLimit();
  let now = 0;
  let wide = false;
  return {
    accept: (...gates: Gate[]) => gates.forEach((gate) => void limit.accepted(gate, undefined)),
    refuse: (...gates: Gate[]) => {
      for (const gate of gates) {
        now += 10;
        wide = limit.refused(gate, wide, { sentAt: now - 5, now, policy: undefined }).wide;
      }
      return wide;
    },
  };
}

it('parts where one path alone is refused again while the others are accepted, and less soon where that was wrong', () => {
  const { accept, refuse } = calls();
  const goOn = () => accept(hot, hot, hot, hot, other, third);
  expect(refuse(hot, other)).toBe(true);
  goOn();
  expect(refuse(hot)).toBe(true);
  goOn();
  expect(refuse(hot)).toBe(true);
  goOn();
  expect(refuse(hot)).toBe(false);

  expect(refuse(other, third)).toBe(true);
  for (const isCommon of [true, true, true, true, false]) {
    goOn();
    expect(refuse(hot)).toBe(isCommon);
  }
});

it('stays one limit where the refusals hit one path and then another', () => {
  const { accept, refuse } = calls();
  refuse(hot, other);
  for (let n = 0; n < 20; n++) {
    accept(hot, other, third, hot, other, third);
    expect(refuse(n % 2 === 0 ? hot : third)).toBe(true);
  }
});

it('counts no path that is refused for as long as many calls of others are accepted', () => {
  const { accept, refuse } = calls();
  refuse(hot);
  accept(...Array.from({ length: 20 }, () => other));
  refuse(hot);
  expect(refuse(other)).toBe(false);
  expect(refuse(third)).toBe(true);
});
