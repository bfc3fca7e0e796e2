// Compares 10,000 generated calls through bare fetch and through every layer.
//
//   pnpm everywhere transparency [SEED]

import { KNOWN_DIFFERENCES } from '../steadfetch/test/known-differences.ts';
import { compareCalls } from '../steadfetch/test/transparency.ts';

const CALLS = 10_000;
const seed = Number(process.argv[2] ?? 2_026);

try {
  const { calls, same, answered, known } = await compareCalls({ calls: CALLS, seed, known: KNOWN_DIFFERENCES });
  console.log(
    `seed ${seed}: ${same} of ${calls} calls the same, the others but for what is known; ${answered} have a response`,
  );
  for (const [row, count] of known) console.log(`${String(count).padStart(6)}  ${row}`);
} catch (error) {
  process.exitCode = 1;
  console.error(`${(error as Error).message}\n${((error as Error).cause as Error | undefined)?.message ?? ''}`);
}
