const STEPS = [1, 0.5, 0.25, 0.2];

/** The roundest number from `low` to `high`: 100 from 98.3 to 101.9. Limits are nearly always round. */
export function roundNumber(low: number, high: number): number {
  for (let power = 10 ** Math.ceil(Math.log10(high)); power > high * 1e-6; power /= 10) {
    for (const step of STEPS) {
      const multiple = Math.floor(high / (power * step)) * power * step;
      if (multiple >= low && multiple > 0) return multiple;
    }
  }
  return low;
}
