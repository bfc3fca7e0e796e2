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

/** How many digits it takes to write a number, to three: 1 for 100, 2 for 15, 3 for 125. 10, 20 and 50 are rounder than 30. */
export function digitsOf(value: number): number {
  const digits = Number(value.toPrecision(3)).toExponential().split('e')[0]!.replace('.', '');
  return digits.length + (/^[125]$/.test(digits) ? 0 : 0.2);
}
