// Installs and bundles the packages as they are published.
//
//   pnpm everywhere packages

import { checkBundles } from './bundles.ts';
import { checkInstalls } from './installs.ts';

const faults = [...(await checkInstalls()), ...(await checkBundles())];
for (const fault of faults) console.error(fault);
console.log(`packages: ${faults.length} faults`);
process.exitCode = Math.min(faults.length, 1);
