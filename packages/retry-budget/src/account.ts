// The tokens that one server has cost, and the reserve that pays for them. "Trouble" lasts from the first failure until all tokens are paid
// back. Each call that fails early in the trouble adds to the reserve what its failures and retries can cost. So short trouble gets all its
// retries at any rate of calls, and in a long one the reserve pays for the retries of about one second.

/** The options, in tokens and milliseconds. */
export interface BudgetSettings {
  /** Tokens that a success pays back. */
  readonly deposit: number;
  /** The smallest reserve, for a client that calls little. */
  readonly floor: number;
  /** The reserve for a server that is new or rarely called. */
  readonly credit: number;
  /** For how long after the first failure each call that fails adds to the reserve. */
  readonly rideOut: number;
  /** Tokens that come back each second. */
  readonly perSecond: number;
}

export interface Account {
  /** Tokens taken by failures and allowed retries, and not paid back yet. */
  spent: number;
  /** Tokens added to the reserve by calls that failed early in the trouble. */
  reserved: number;
  /** Further tokens of the reserve of a server that is new or rarely called. */
  extra: number;
  /** When the trouble began; `undefined` if there is none. */
  since: number | undefined;
  /** Calls in flight minus calls that have failed, since the trouble began. */
  unknown: number;
  /** When the first attempt of a call failed last. */
  failedAt: number;
  /** Successes since `settledAt`, and the tokens that they and released permits pay back. */
  successes: number;
  income: number;
  settledAt: number;
}

/** After this long without a failed call, all tokens are paid back: a client that calls in bursts, as for a page, earns none between two bursts. */
const FORGOTTEN_AFTER_MS = 5_000;

/** Tokens of `extra` that a success removes. A client that calls often earns enough by successes, and the extras of a hundred clients make a storm. */
const EXTRA_LOST_PER_SUCCESS = 0.25;

export function newAccount({ credit, floor }: BudgetSettings, now: number): Account {
  const extra = credit - floor;
  return {
    spent: 0,
    reserved: 0,
    extra,
    since: undefined,
    unknown: 0,
    failedAt: now,
    successes: 0,
    income: 0,
    settledAt: now,
  };
}

/** The tokens that may be spent before retries stop. */
export function reserveOf({ reserved, extra }: Account, { floor }: BudgetSettings): number {
  return Math.max(floor, reserved) + extra;
}

/** The account at a later time, after all income was paid back. */
export function settled(account: Account, { credit, floor, perSecond }: BudgetSettings, now: number): Account {
  const { successes, income, settledAt, failedAt } = account;
  const byTime = (perSecond * (now - settledAt)) / 1_000;
  const spent = Math.max(0, account.spent - income - byTime);
  const extra = Math.max(0, Math.min(credit - floor, account.extra + byTime - EXTRA_LOST_PER_SUCCESS * successes));
  const over = spent === 0 || now - failedAt >= FORGOTTEN_AFTER_MS;
  const trouble = over ? { spent: 0, reserved: 0, since: undefined, unknown: 0 } : { spent };
  return { ...account, ...trouble, extra, successes: 0, income: 0, settledAt: now };
}
