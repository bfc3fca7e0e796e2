import { wrongAborts } from './aborts.ts';
import { wrongArguments } from './arguments.ts';
import { wrongBodies } from './bodies.ts';
import { wrongCallCounts } from './call-counts.ts';
import { wrongErrors } from './errors.ts';
import { wrongLeftovers } from './leftovers.ts';
import { wrongOfOneKind } from './of-one-kind.ts';
import { wrongRequests } from './requests.ts';
import { wrongResponses } from './responses.ts';
import { wrongSharing } from './sharing.ts';
import type { WrongMiddlewares } from './table.ts';
import { wrongWrites } from './writes.ts';

const others: WrongMiddlewares = {
  ...wrongResponses,
  ...wrongErrors,
  ...wrongAborts,
  ...wrongLeftovers,
  ...wrongRequests,
  ...wrongBodies,
  ...wrongArguments,
  ...wrongCallCounts,
  ...wrongSharing,
};

/** All wrong middlewares: at least one for each check of the contract. */
export const faulty: WrongMiddlewares = Object.fromEntries(
  Object.entries(others).map(([title, kinds]) => [
    title,
    { ...kinds, ...wrongWrites[title], ...wrongOfOneKind[title] },
  ]),
);
