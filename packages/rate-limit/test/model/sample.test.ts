import { describe, expect, it } from 'vitest';
import { Sample } from '../../src/model/sample.ts';

/** Closes once a second for a number of times, at 10 requests a second and a round trip of 10 ms. */
function close(sample: Sample, times: number, from = 0, roundTrip = 10): number {
  let now = from;
  for (let n = 0; n < times; n++) {
    now = from + n * 1_000;
    sample.closed(now, now - 10, 0.01, roundTrip);
  }
  return now;
}

/** Sends and answers requests while the sample wants any. Returns whether an answer proved that refusals do not depend on the pace. */
function volley(sample: Sample, now: number, answers: string): boolean {
  let isNoise = false;
  for (const answer of answers) {
    if (!sample.wants(now)) break;
    sample.sent(now);
    isNoise = sample.answered(answer === 'x', now) || isNoise;
  }
  return isNoise;
}

describe('Sample', () => {
  it('begins once the gate has closed four times in twenty seconds', () => {
    const sample = new Sample();
    expect(sample.wants(close(sample, 3))).toBe(false);
    expect(sample.wants(close(sample, 1, 3_000))).toBe(true);
    const slow = new Sample();
    for (let n = 0; n < 10; n++) slow.closed(n * 7_000, n * 7_000 - 10, 0.01, 10);
    expect(slow.wants(63_000)).toBe(false);
  });

  it('shows that refusals do not depend on the pace', () => {
    const sample = new Sample();
    expect(volley(sample, close(sample, 4), '..x.....')).toBe(true);
    expect(sample.wants(3_000)).toBe(false);
  });

  it('ends when more are refused than accepted, and begins again only after nine cooldowns', () => {
    const sample = new Sample();
    const now = close(sample, 4);
    expect(volley(sample, now, 'xxxx.....')).toBe(false);
    expect(sample.wants(now)).toBe(false);
    expect(sample.wants(close(sample, 8, 4_000))).toBe(false);
    expect(sample.wants(close(sample, 1, 12_000))).toBe(true);
  });

  it('goes on in the next cooldown if the answers do not decide', () => {
    const sample = new Sample();
    expect(volley(sample, close(sample, 4), '..x..')).toBe(false);
    expect(sample.wants(3_031)).toBe(false);
    expect(volley(sample, close(sample, 1, 4_000), '...')).toBe(true);
  });

  it('has few requests in flight, all of them sent in its time', () => {
    const sample = new Sample();
    const now = close(sample, 4);
    let out = 0;
    for (; sample.wants(now); out++) sample.sent(now);
    expect(out).toBe(7);
    expect(sample.answered(false, now)).toBe(false);
    expect(sample.wants(now)).toBe(true);
    expect(sample.has(now - 1)).toBe(false);
    expect(sample.answered(false, now - 1)).toBe(false);
    expect(sample.has(now + 40)).toBe(false);
  });

  it('expects a limit to accept what its pace allows in the meantime', () => {
    const sample = new Sample();
    const now = close(sample, 4, 0, 100);
    const late = now + 90; // a limit that eight share allowed eight since the refusal
    expect(volley(sample, late, '.'.repeat(12))).toBe(false);
    expect(volley(sample, late, '.')).toBe(true);
  });

  it('does not go on for long if a limit accepts some of it each time', () => {
    const sample = new Sample();
    const now = close(sample, 4, 0, 50);
    expect(volley(sample, now + 40, '....xx')).toBe(false); // four are allowed since the refusal
    expect(volley(sample, close(sample, 1, 4_000, 50) + 40, '....xx')).toBe(false);
    expect(sample.wants(4_040)).toBe(false);
    volley(sample, close(sample, 4, 5_000), 'xxxx');
    expect(sample.wants(close(sample, 4, 10_000))).toBe(false); // the next one counts anew
  });

  it('begins again soon if as many were accepted as refused, even if a limit would have accepted them too', () => {
    const sample = new Sample();
    const now = close(sample, 4, 0, 50);
    expect(volley(sample, now + 40, '..xx')).toBe(false); // four are allowed since the refusal
    expect(volley(sample, close(sample, 1, 4_000, 50) + 40, '..xx')).toBe(false);
    expect(sample.wants(4_040)).toBe(false);
    expect(sample.wants(close(sample, 3, 5_000))).toBe(false);
    expect(sample.wants(close(sample, 1, 8_000))).toBe(true);
  });

  it('counts cooldowns at a pace that is still too high for a sample', () => {
    const sample = new Sample();
    for (let now = 0; now < 3_000; now += 1_000) sample.closed(now, now - 10, 1, 100);
    expect(sample.wants(close(sample, 1, 3_000))).toBe(true);
  });

  it('does not begin at a round trip in which a limit would accept the whole sample', () => {
    const sample = new Sample();
    expect(sample.wants(close(sample, 10, 0, 1_000))).toBe(false);
  });

  it('counts those without an answer as accepted, since refusals are often faster', () => {
    const sample = new Sample();
    const now = close(sample, 4);
    for (let n = 0; n < 7; n++) sample.sent(now);
    for (let n = 0; n < 4; n++) sample.answered(true, now);
    for (let n = 0; n < 3; n++) sample.answered(false, now);
    expect(volley(sample, close(sample, 1, 4_000), '.......')).toBe(true);
  });

  it('drops unanswered requests in the next cooldown', () => {
    const sample = new Sample();
    const now = close(sample, 4);
    for (let n = 0; n < 6; n++) sample.sent(now);
    const next = close(sample, 1, 4_000);
    for (let n = 0; n < 4; n++) sample.sent(next);
    for (let n = 0; n < 4; n++) sample.answered(true, next);
    expect(sample.wants(close(sample, 1, 8_000))).toBe(false);
  });

  it('waits for its answers if refusals take longer than acceptances', () => {
    const sample = new Sample();
    const now = close(sample, 4);
    for (let n = 0; n < 4; n++) sample.sent(now);
    sample.closed(now + 60, now - 440, 0.01, 10);
    expect(sample.wants(now + 60)).toBe(false);
    expect(sample.has(now)).toBe(true);
    for (let n = 0; n < 4; n++) sample.answered(true, now);
    sample.closed(now + 600, now + 100, 0.01, 10);
    expect(sample.wants(now + 600)).toBe(false); // it has ended
  });
});
