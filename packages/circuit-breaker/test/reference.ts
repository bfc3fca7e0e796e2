/** A second, slower circuit breaker to compare with: it keeps a log of all that happened and looks everything up. */

export type Verdict = 'success' | 'failure' | 'neutral';

interface Entry {
  at: number;
  failed: boolean;
  slow: boolean;
}

export interface ReferenceRule {
  opens(log: Entry[], now: number): boolean;
  slowerThan: number;
}

interface Call {
  epoch: number;
  startedAt: number;
  settled: boolean;
  holdsSlot: boolean;
}

interface Settings {
  rule: ReferenceRule;
  first: number;
  probes: number;
  probeTimeout: number;
}

export function reference({ rule, first, probes, probeTimeout }: Settings) {
  const calls: (Call | undefined)[] = [];
  let state: 'closed' | 'open' | 'half-open' = 'closed';
  let epoch = 0;
  let now = 0;
  let log: Entry[] = [];
  let passed = 0;
  let opening = { row: 0, at: 0, lasts: 0 };
  let closedAt = Number.NEGATIVE_INFINITY;

  const go = (to: typeof state) => {
    state = to;
    epoch += 1;
    log = [];
    passed = 0;
  };
  const row = () => (state === 'closed' && now - closedAt >= opening.lasts ? 0 : opening.row);
  const open = (hint: number) => {
    const own = Math.min(300_000, first * 2 ** row());
    opening = { row: row() + 1, at: now, lasts: Math.max(own, Math.min(3_600_000, hint)) };
    go('open');
  };
  const holders = () => calls.filter((call) => call?.holdsSlot && !call.settled && call.epoch === epoch);
  const isDue = () => state === 'open' && now >= opening.at + opening.lasts;

  return {
    advance(ms: number) {
      now += Math.max(0, ms);
    },
    /** Whether the call is let through. */
    acquire(): boolean {
      if (isDue()) go('half-open');
      for (const call of holders()) if (now - call!.startedAt >= probeTimeout) call!.holdsSlot = false;
      const letThrough = state === 'closed' || (state === 'half-open' && holders().length + passed < probes);
      const call = { epoch, startedAt: now, settled: false, holdsSlot: state === 'half-open' };
      calls.push(letThrough ? call : undefined);
      return letThrough;
    },
    settle(index: number, verdict: Verdict, hint = 0) {
      const call = calls[index]!;
      if (call.settled || call.epoch !== epoch) return;
      call.settled = true;
      if (verdict === 'neutral') return;
      const failed = verdict === 'failure';
      const slow = now - call.startedAt > rule.slowerThan;
      if (state === 'closed') {
        log.push({ at: now, failed, slow });
        if (rule.opens(log, now)) open(hint);
      } else if (failed || slow) open(hint);
      else if (++passed === probes) {
        go('closed');
        closedAt = now;
      }
    },
    get state() {
      return isDue() ? 'half-open' : state;
    },
    get openings() {
      return row();
    },
    get left() {
      return state === 'open' ? Math.max(0, opening.at + opening.lasts - now) : undefined;
    },
    get slotsHeld() {
      return holders().length;
    },
  };
}
