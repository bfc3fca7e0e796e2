/** A second, slower circuit breaker to compare with. It keeps a log of all events, and computes everything from the log. */

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
  outage: number;
  probe: boolean;
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
  let slowProbes = 0;
  let outage = 0;
  let openedAt = 0;
  let opening = { row: 0, at: 0, lasts: 0 };

  const go = (to: typeof state) => {
    state = to;
    epoch += 1;
    log = [];
    slowProbes = 0;
  };
  const open = () => {
    if (state === 'closed') {
      outage += 1;
      openedAt = now;
    }
    const lasts = Math.min(15_000, Math.max(first, Math.min(10_000, (now - openedAt) / 50)));
    opening = { row: opening.row + 1, at: now, lasts };
    go('open');
  };
  const close = () => {
    go('closed');
    passed = 0;
    opening = { row: 0, at: 0, lasts: 0 };
  };
  const holders = () => calls.filter((call) => call?.holdsSlot && !call.settled && call.epoch === epoch);
  const isDue = () => state === 'open' && now >= opening.at + opening.lasts;

  return {
    advance(ms: number) {
      now += Math.max(0, ms);
    },
    /** Whether the call is let through. */
    acquire(): boolean {
      if (state !== 'closed' && now >= opening.at + opening.lasts + 300_000) close();
      if (isDue()) go('half-open');
      for (const call of holders()) if (now - call!.startedAt >= probeTimeout) call!.holdsSlot = false;
      const letThrough = state === 'closed' || (state === 'half-open' && holders().length < probes);
      const probe = state === 'half-open';
      const call = { epoch, outage, probe, startedAt: now, settled: false, holdsSlot: probe };
      calls.push(letThrough ? call : undefined);
      return letThrough;
    },
    settle(index: number, verdict: Verdict) {
      const call = calls[index]!;
      if (call.settled) return;
      call.settled = true;
      if (verdict === 'neutral') return;
      const slow = now - call.startedAt > rule.slowerThan;
      const failed = verdict === 'failure';
      if (state === 'closed') {
        if (call.epoch !== epoch) return;
        log.push({ at: now, failed, slow });
        if ((failed || slow) && rule.opens(log, now)) open();
      } else if (!failed && !slow && call.probe && call.outage === outage) {
        passed += 1;
        if (passed === probes) close();
      } else if (!failed && call.probe && call.outage === outage && ++slowProbes <= probes) {
        // the first one is excused: the server may have gone cold
      } else if (call.epoch === epoch && (failed || slow) && state === 'half-open') open();
    },
    get state() {
      return isDue() ? 'half-open' : state;
    },
    get openings() {
      return opening.row;
    },
    get left() {
      return state === 'open' ? Math.max(0, Math.ceil(opening.at + opening.lasts - now)) : undefined;
    },
    get slotsHeld() {
      return holders().length;
    },
  };
}
