import { abortChecks } from './contract-aborts.ts';
import { argumentChecks } from './contract-arguments.ts';
import { bodyChecks } from './contract-bodies.ts';
import type { ContractCheck } from './contract-claim.ts';
import { leftoverChecks } from './contract-leftovers.ts';
import { outcomeChecks } from './contract-outcomes.ts';
import { withMaxCalls } from './contract-probe.ts';
import { requestChecks } from './contract-requests.ts';
import { sharingChecks } from './contract-sharing.ts';

/** The checks that every middleware must pass, by name. */
export const contractChecks: Readonly<Record<string, ContractCheck>> = Object.fromEntries(
  Object.entries({
    ...requestChecks,
    ...bodyChecks,
    ...argumentChecks,
    ...outcomeChecks,
    ...abortChecks,
    ...leftoverChecks,
    ...sharingChecks,
  }).map(([title, check]) => [title, (make) => check(() => withMaxCalls(make()))]),
);
