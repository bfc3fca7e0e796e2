// What one server has cost, and its reserve. The rule: each call that fails while the trouble is young adds the tokens to the reserve that its
// failures and retries cost. So short trouble is not noticed at any pace, and in a long one the reserve is worth the calls of a second.

/** The options, in tokens and milliseconds. */
export interface BudgetSettings {
  /** What a success pays back. */
  readonly deposit: number;
  /** The reserve of every client, however little it calls. */
  readonly floor: number;
  /** The reserve for a server that is new or little called. */
  readonly credit: number;
  /** How long failures extend the reserve: each call that fails by then adds its retries to it. */
  readonly rideOut: number;
  /** What time pays back each second. */
  readonly perSecond: number;
}

/** What one server has cost so far. */
export interface Account {
  /** Paid for failures and promised retries, and not paid back yet. */
  spent: number;
  /** Added to the reserve by the calls that failed while the trouble was young. */
  reserved: number;
  /** What the reserve has on top while little is called. */
  extra: number;
  /** When the trouble began; `undefined` without one. */
  since: number | undefined;
  /** Calls under way less calls that have failed, since the trouble began. */
  unknown: number;
  failedAt: number;
  /** Successes that are not settled, and what they pay back. */
  successes: number;
  income: number;
  settledAt: number;
}

/** Without a failure for so long (ms), what was spent is forgotten: between two pages a client that calls in bursts earns nothing. */
const FORGOTTEN_AFTER = 5_000;

/**
 * How much of the extra a success removes. A client that calls often earns more by successes, and a hundred clients with an extra each are
 * a storm.
 */
const EXTRA_FADES = 0.25;

export function opened({ credit, floor }: BudgetSettings, now: number): Account {
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

/** The account at a later time, with its income settled. */
export function balanced(account: Account, { credit, floor, perSecond }: BudgetSettings, now: number): Account {
  const { successes, income, settledAt, failedAt } = account;
  const byTime = (perSecond * (now - settledAt)) / 1_000;
  const spent = Math.max(0, account.spent - income - byTime);
  const extra = Math.max(0, Math.min(credit - floor, account.extra + byTime - EXTRA_FADES * successes));
  const over = spent === 0 || now - failedAt >= FORGOTTEN_AFTER;
  const trouble = over ? { spent: 0, reserved: 0, since: undefined, unknown: 0 } : { spent };
  return { ...account, ...trouble, extra, successes: 0, income: 0, settledAt: now };
}
