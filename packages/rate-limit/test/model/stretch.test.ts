import { describe, expect, it } from 'vitest';
import { Concurrency } from '../../src/model/concurrency.ts';
import { Stretch } from '../../src/model/stretch.ts';

function stretch({ inFlight, refusedAt }: { inFlight: number; refusedAt?: number }): Stretch {
  const made = new Stretch();
  made.send(0);
  for (let n = 0; n < 10; n++) for (let f = 1; f <= inFlight; f++) made.accept(n, n, f);
  if (refusedAt !== undefined) made.refuse(10, { at: 10, inFlight: refusedAt, ahead: false });
  return made;
}

describe('Stretch', () => {
  it('calls a refusal lone that comes alone in steady traffic', () => {
    const made = new Stretch();
    made.send(0);
    for (let n = 0; n < 20; n++) made.accept(n * 50, n * 50 - 10, 1);
    made.refuse(1_000, { at: 990, inFlight: 1, ahead: false });
    expect(made).toMatchObject({ lone: true, outvoted: false, together: false, length: 1_000 });
  });

  it('counts acceptances of requests sent after the refused one, and none sent before', () => {
    const made = new Stretch();
    made.refuse(100, { at: 50, inFlight: 1, ahead: false });
    for (let n = 0; n < 8; n++) made.accept(101, 40, 1);
    expect(made.outvoted).toBe(false);
    for (let n = 0; n < 8; n++) made.accept(101, 60, 1);
    expect(made.outvoted).toBe(true);
  });

  it('counts requests in flight as accepted if nothing was accepted yet, unless as many were refused', () => {
    const made = new Stretch();
    for (let n = 0; n < 5; n++) made.send(n);
    for (let n = 0; n < 2; n++) made.refuse(10, { at: 5, inFlight: 4, ahead: false });
    made.ended = 2;
    made.close();
    expect(made.accepted).toBe(3);

    const answered = new Stretch();
    for (let n = 0; n < 5; n++) answered.send(n);
    answered.accept(10, 0, 5);
    answered.refuse(10, { at: 5, inFlight: 4, ahead: false });
    answered.ended = 2;
    answered.close();
    expect(answered.accepted).toBe(1);

    const refused = new Stretch();
    for (let n = 0; n < 4; n++) refused.send(n);
    for (let n = 0; n < 2; n++) refused.refuse(10, { at: 2, inFlight: 3, ahead: false });
    refused.ended = 2;
    refused.close();
    expect(refused.accepted).toBe(0);

    const sampled = new Stretch();
    for (let n = 0; n < 5; n++) sampled.send(n);
    sampled.refuse(10, { at: 5, inFlight: 4, ahead: false });
    sampled.ended = 5; // the others were a sample, which counts by itself
    sampled.close();
    expect(sampled.accepted).toBe(0);
  });

  it('drops dismissed refusals, and still counts the answers to requests in flight', () => {
    const made = new Stretch();
    made.refuse(100, { at: 50, inFlight: 3, ahead: false });
    for (let n = 0; n < 8; n++) made.accept(101, 60, 1);
    made.dismiss();
    expect(made).toMatchObject({ accepted: 8, refused: 0, acceptedAfter: 0, refusedInFlight: Infinity });
    made.refuse(110, { at: 70, inFlight: 2, ahead: false });
    for (let n = 0; n < 4; n++) made.accept(111, 80, 1);
    expect(made.contradicted).toBe(true);
  });

  it('recognizes refusals that came together, with hardly an acceptance in between', () => {
    const made = new Stretch();
    for (let n = 0; n < 3; n++) made.refuse(100, { at: 50, inFlight: 1, ahead: false });
    expect(made).toMatchObject({ lone: false, together: true });
  });
});

describe('Concurrency', () => {
  it('finds a number above which nothing is accepted, and allows one more after a time', () => {
    const limit = new Concurrency();
    expect(limit.learn(stretch({ inFlight: 9, refusedAt: 10 }), 100)).toBe(false);
    expect(limit.most).toBe(9);
    limit.accepted(9, 1_000, 9);
    expect(limit.most).toBe(9);
    limit.accepted(9, 61_000, 9);
    expect(limit.most).toBe(10);
    expect(limit.learn(stretch({ inFlight: 9, refusedAt: 10 }), 61_100)).toBe(true);
    expect(limit.most).toBe(9);
  });

  it('allows more after more were accepted, and one less when as many are refused', () => {
    const limit = new Concurrency();
    limit.learn(stretch({ inFlight: 9, refusedAt: 10 }), 100);
    limit.accepted(9, 1_000, 10);
    expect(limit.most).toBe(10);
    expect(limit.learn(stretch({ inFlight: 9, refusedAt: 10 }), 2_000)).toBe(true);
    expect(limit.most).toBe(9);
  });

  it('gives up a limit when a request within it is refused', () => {
    const limit = new Concurrency();
    limit.learn(stretch({ inFlight: 9, refusedAt: 10 }), 100);
    limit.learn(stretch({ inFlight: 9, refusedAt: 5 }), 200);
    expect(limit.most).toBe(Infinity);
  });

  it('learns nothing from a stretch without a refusal', () => {
    expect(new Concurrency().learn(stretch({ inFlight: 9 }), 100)).toBe(false);
  });
});
