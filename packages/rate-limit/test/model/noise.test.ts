import { describe, expect, it } from 'vitest';
import { Noise } from '../../src/model/noise.ts';
import { Stretch } from '../../src/model/stretch.ts';
import { chance } from './drive.ts';

function note(noise: Noise, outcomes: string, pace = Infinity): void {
  for (const outcome of outcomes) {
    noise.note(outcome === 'x', pace);
    if (outcome === 'x') noise.watch();
  }
}

function stretch(accepted: number, refused: number): Stretch {
  const made = new Stretch();
  made.send(0);
  for (let n = 1; n <= accepted; n++) made.accept(n * 100, n * 100 - 10, 1);
  for (let n = 0; n < refused; n++) made.refuse(accepted * 100 + n, { at: accepted * 100, inFlight: 1, ahead: false });
  return made;
}

describe('Noise', () => {
  it('sees no limit in one refusal, and a limit in several of the last answers', () => {
    const noise = new Noise();
    note(noise, '....x....');
    expect(noise.proven).toBe(false);
    note(noise, 'xx.x');
    expect(noise.proven).toBe(true);
  });

  it('becomes patient when two refusals are dismissed', () => {
    const noise = new Noise();
    note(noise, 'x.............x');
    expect(noise.patient).toBe(false);
    note(noise, '.............');
    expect(noise.patient).toBe(true);
  });

  it('needs more proof once it is patient', () => {
    const noise = new Noise();
    noise.dismiss();
    noise.dismiss();
    note(noise, 'x.x.x.');
    expect(noise.proven).toBe(false);
    note(noise, 'xxxxxx');
    expect(noise.proven).toBe(true);
  });

  it('loses its patience when the gate closes, and regains it by one dismissed refusal', () => {
    const noise = new Noise();
    noise.dismiss();
    noise.dismiss();
    note(noise, '...x'.repeat(30));
    expect(noise.proven).toBe(true);
    expect(noise.closed(stretch(36, 1))).toBeUndefined();
    expect(noise.patient).toBe(false);
    noise.dismiss();
    expect(noise.patient).toBe(true);
  });

  it.each([0.1, 0.3, 0.5])(
    'treats a share of %f at the time of the test as usual, and a higher share as a limit',
    (share) => {
      const noise = new Noise();
      const random = chance(7);
      const answers = (refused: number) => {
        for (let n = 0; n < 300; n++) noise.note(random() < refused, 0.1);
      };
      answers(share);
      noise.tested(0.1);
      answers(share);
      expect(noise.proven).toBe(false);
      answers(0.9);
      expect(noise.proven).toBe(true);
    },
  );

  it('stays patient if more than usual is refused above the pace of the test', () => {
    const noise = new Noise();
    note(noise, '.........x');
    noise.tested(0.1);
    note(noise, '....', 0.3);
    note(noise, 'xxxxxxxxxx', 0.4);
    expect(noise.closed(stretch(4, 10))).toBe(0.4);
    expect(noise.patient).toBe(true);
  });

  it('loses its patience if more than usual is refused below the pace of the test', () => {
    const noise = new Noise();
    note(noise, '.........x');
    noise.tested(0.1);
    note(noise, 'xxxxxxxxxx', 0.05);
    expect(noise.closed(stretch(4, 10))).toBeUndefined();
    expect(noise.patient).toBe(false);
  });

  it('does not count refusals that came together as usual', () => {
    const noise = new Noise();
    note(noise, `${'.'.repeat(20)}${'x'.repeat(20)}`);
    noise.closed(stretch(20, 20));
    note(noise, '..................................................x');
    noise.tested(0.1);
    note(noise, 'xxxxx', 0.1);
    expect(noise.proven).toBe(true);
  });
});
