import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Cooldown } from '../../src/model/cooldown.ts';

setFlagsFromString('--expose-gc');
const gc: () => void = runInNewContext('gc');

const never = () => 0;

describe('Cooldown', () => {
  it('closes for as long as the server asked, and one millisecond more', () => {
    const gate = new Cooldown(never);
    gate.close(0, 1_000, 10);
    expect(gate.delay(0)).toBe(1_001);
    expect(gate.advance(1_000)).toBe(false);
    expect(gate.advance(1_001)).toBe(true);
    expect(gate.closed).toBe(false);
  });

  it('is never shortened by a later refusal with a shorter wait', () => {
    const gate = new Cooldown(never);
    gate.close(0, 5_000, 10);
    gate.close(1, 1_000, 10);
    gate.close(2, undefined, 10);
    expect(gate.delay(2)).toBe(4_999);
    expect(gate.length).toBe(5_001);
  });

  it('doubles its own length while nothing is accepted, up to three seconds', () => {
    const gate = new Cooldown(never);
    const lengths = [];
    for (let n = 0, now = 0; n < 7; n++) {
      gate.close(now, undefined, 10);
      lengths.push(gate.delay(now));
      now += gate.delay(now);
      gate.advance(now);
    }
    expect(lengths).toEqual([100, 200, 400, 800, 1_600, 3_000, 3_000]);
  });

  it('starts with the shortest length again after an acceptance', () => {
    const gate = new Cooldown(never);
    gate.close(0, undefined, 10);
    gate.advance(100);
    gate.accepted();
    gate.close(200, undefined, 10);
    expect(gate.delay(200)).toBe(100);
  });

  it('opens early when the refusal turns out to concern only its own call', () => {
    const gate = new Cooldown(never);
    gate.close(0, 60_000, 10);
    gate.reopen(50);
    expect(gate.delay(50)).toBe(0);
  });

  it('sends the next probe after half of the time since the gate closed, if probes are allowed', () => {
    const gate = new Cooldown(never);
    gate.close(0, 60_000, 10);
    const probes: number[] = [];
    for (let now = 0; now < 30_000; now++) {
      if (gate.delay(now, probes.at(-1) ?? 0) > 0) continue;
      expect(gate.opensIn(now)).toBe(60_001 - now);
      probes.push(now);
    }
    expect(probes.slice(0, 4)).toEqual([20, 40, 80, 160]);
    expect(probes.slice(-2)).toEqual([20_120, 25_120]);
    expect(gate.isProbe(25_120)).toBe(true);
    expect(gate.isProbe(0)).toBe(false);
  });

  it('sends no probe in a short cooldown', () => {
    const gate = new Cooldown(never);
    gate.close(0, 1_000, 10);
    expect(gate.delay(900, 0)).toBe(101);
  });

  it('is justified if the gate closes again before the planned end, and more probes were refused than chance explains', () => {
    /** Cooldowns of a server that refuses the first probes of each and then accepts one. */
    const confirmed = (refused: number, closings: number) => {
      const gate = new Cooldown(never);
      let is = false;
      for (let n = 0, now = 0; n < closings; n++, now += 500) {
        gate.close(now, 5_000, 10);
        for (let probe = 1; probe <= refused; probe++) gate.probeRefused(now + probe);
        gate.probeRefused(now + 200); // sent after the accepted one, and answered before
        is = gate.probeAccepted(now + 100, 0);
        gate.reopen(now + 300);
      }
      return is;
    };

    expect([0, 1, 2, 3, 9].map((refused) => confirmed(refused, 2))).toEqual([false, false, false, true, true]);
    expect([0, 1, 2, 3, 9].map((refused) => confirmed(refused, 4))).toEqual([false, false, true, true, true]);
    expect(confirmed(9, 1)).toBe(false);
  });

  it('stores few refused probes, however long the gate stays closed', () => {
    const cooldown = new Cooldown(never);
    cooldown.close(0, 60_000, 10);
    gc();
    const before = process.memoryUsage().heapUsed;

    for (let now = 5_000; now < 5_000 * 1_000_000; now += 5_000) {
      cooldown.probeRefused(now);
      cooldown.close(now, 60_000, 10);
    }

    gc();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4_000_000);
    expect(cooldown.hasRefusedProbes).toBe(true);
  });
});
