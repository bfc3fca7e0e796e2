import { describe, expect, it } from 'vitest';
import { Stretch } from '../../src/model/history.ts';
import { Noise } from '../../src/model/noise.ts';

function note(noise: Noise, outcomes: string, pace = Infinity): void {
  for (const outcome of outcomes) {
    noise.note(outcome === 'x', pace);
    if (outcome === 'x') noise.doubt();
  }
}

function stretch(accepted: number, refused: number): Stretch {
  const made = new Stretch();
  made.send(0);
  for (let n = 1; n <= accepted; n++) made.accept(n * 100, n * 100 - 10, 1, 1);
  for (let n = 0; n < refused; n++) made.refuse(accepted * 100 + n, accepted * 100, 1);
  return made;
}

describe('Noise', () => {
  it('takes one refusal for nothing, and several of a few answers for a limit', () => {
    const noise = new Noise();
    note(noise, '....x....');
    expect(noise.proven).toBe(false);
    note(noise, 'xx.x');
    expect(noise.proven).toBe(true);
  });

  it('becomes patient when two refusals came to nothing', () => {
    const noise = new Noise();
    note(noise, 'x.............x');
    expect(noise.patient).toBe(false);
    note(noise, '.............');
    expect(noise.patient).toBe(true);
  });

  it('wants more proof once it is patient', () => {
    const noise = new Noise();
    noise.dismiss();
    noise.dismiss();
    note(noise, 'x.x.x.');
    expect(noise.proven).toBe(false);
    note(noise, 'xxxxxx');
    expect(noise.proven).toBe(true);
  });

  it('loses its patience when the gate closes all the same, and wins it back by one refusal that comes to nothing', () => {
    const noise = new Noise();
    noise.dismiss();
    noise.dismiss();
    note(noise, '...x'.repeat(30));
    expect(noise.proven).toBe(true);
    noise.closed(stretch(36, 1), 0.1);
    expect(noise.patient).toBe(false);
    noise.dismiss();
    expect(noise.patient).toBe(true);
  });

  it('sees that refusals do not depend on the pace when a slower one has as many', () => {
    const noise = new Noise();
    noise.closed(stretch(20, 1), 0.1);
    note(noise, '.........x..........', 0.003);
    expect(noise.dismissIfIndependent()).toBe(false);
    note(noise, '.........x..........', 0.003);
    expect(noise.dismissIfIndependent()).toBe(true);
  });

  it('does not believe that once several were refused at once', () => {
    const noise = new Noise();
    noise.closed(stretch(20, 1), 0.1);
    noise.closed(stretch(0, 3), 0.1);
    note(noise, '.........x...................x..', 0.003);
    expect(noise.dismissIfIndependent()).toBe(false);
  });
});
