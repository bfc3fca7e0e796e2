import { expect, it } from 'vitest';
import { AlwaysRefused } from '../src/always-refused.ts';

it('takes refusals for those of a limit by the last requests, however many were accepted before', () => {
  const always = new AlwaysRefused();
  for (let kind = 0; kind < 1_000; kind++) always.accepted(always.sent(kind, 0, 0));
  for (let kind = 1_000; kind < 1_064; kind++) always.refused(always.sent(kind, 0, 0), 0);

  always.refused(always.sent(7, 0, 0), 0);

  expect(always.refused(always.sent(7, 0, 0), 0)).toBe(false);
});
