import { decide, type LimitState, type Reply } from '@steadfetch/shared-limit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { questionsOf } from './support/world.ts';

const worlds = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  rate: fc.constantFrom(0.5, 5, 50, 500),
  burst: fc.constantFrom(1, 5, 20, 100),
  asks: fc.boolean(),
  tells: fc.boolean(),
  known: fc.constantFrom(0, 0, 0.05),
  cost: fc.constantFrom(1, 1, 8),
  lastRate: fc.constantFrom(0, 0.1),
});

it('reserves slots that are not late, never more than were asked for, and keeps a short history', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      let state: LimitState | undefined;
      let last: Reply;
      const questions = questionsOf(world, 300);
      for (let next = questions.next(); !next.done; next = questions.next(last)) {
        const [now, question] = next.value;
        [state, last] = decide(state, now, question);
        expect(last.count).toBeLessThanOrEqual(question.want);
        expect(last.first).toBeGreaterThanOrEqual(Math.max(now, last.closedUntil) - 50);
        expect(last.every).toBeGreaterThanOrEqual(question.known > 0 && question.want > 0 ? 20 - 1e-9 : 0);
        expect(Number.isFinite(last.every)).toBe(true);
        expect(state.history.length).toBeLessThan(100);
      }
    }),
    { numRuns: 30, seed: 1 },
  );
});
