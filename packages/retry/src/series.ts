import { type AttemptRecord, abortReason, type Call, type Outcome, throwIfAborted } from '@steadfetch/core';
import { abortable, idempotencyKeyOf } from '@steadfetch/core/kit';
import type { RetryPermit } from '@steadfetch/retry-budget';
import { ask, looksFailed } from './ask.ts';
import { isElsewhere, isToBlame, verdictOf } from './blame.ts';
import { recordIn, releaseTo } from './budgeting.ts';
import { type Decision, decide, kindOf } from './decide.ts';
import type { GiveUpReason } from './events.ts';
import { type Failure, failureOf } from './failure.ts';
import { recordOf, remember } from './history.ts';
import { isRepeatable } from './idempotent.ts';
import type { Policy } from './policy.ts';
import type { Standing } from './standing.ts';
import { Teller } from './teller.ts';

/** The longest that a call is held whose retry the budget refused, in milliseconds, and the retries it may stand for. */
const LONGEST_HOLD = 5_000;
const MOST_HELD = 10;

/**
 * The attempts of one call: what has been tried, what was waited, and what comes next. It decides and tells, and knows
 * nothing of who drives the loop: p-retry under `retry()`, ky's own loop, or another.
 */
export class Series {
  /** The call as it was made; who drives the loop may put in what it now is. */
  call: Call;
  readonly policy: Policy;
  /** The attempt now under way, 1 for the first. */
  attempt = 1;
  /** Whether the attempt now under way can be sent again; who drives the loop may put in what holds for another request. */
  repeatable: boolean;
  readonly #startedAt: number;
  readonly #history: AttemptRecord[];
  readonly #counts = { connect: 0, read: 0, status: 0 };
  readonly #tell: Teller;
  readonly #key: string | undefined;
  /** The right by which the attempt under way is made. */
  #permit: RetryPermit | undefined;
  #previousDelay = 0;
  #wished = false;

  /** `repeatable`: whether the call can be sent twice, judged before anything below could change it. */
  constructor(
    call: Call,
    policy: Policy,
    startedAt: number = policy.clock.now(),
    repeatable: boolean = isRepeatable(call, policy),
  ) {
    this.call = call;
    this.#key = idempotencyKeyOf(call);
    this.repeatable = repeatable;
    this.policy = policy;
    this.#startedAt = startedAt;
    this.#history = call.record.history ?? [];
    call.record.maxRepeats = Math.max(call.record.maxRepeats, policy.limits.total);
    this.#tell = new Teller(policy, () => this.#standing());
  }

  /**
   * Decides what follows an attempt that failed, and tells the hooks; `sent` is false where nothing left the machine.
   * Rejects with what a predicate throws.
   */
  async failed(outcome: Outcome, sent = true): Promise<Decision> {
    this.#stopIfAborted(outcome);
    try {
      return await this.#judge(outcome, sent);
    } catch (error) {
      this.#stopIfAborted(outcome);
      this.#endWith(error, outcome);
      if (this.attempt > 1) this.#tell.giveUp(outcome, 'predicate');
      throw error;
    }
  }

  async #judge(outcome: Outcome, sent: boolean): Promise<Decision> {
    if (!(await looksFailed(outcome, this.policy, this.call))) return this.succeeded(outcome);
    const failure = failureOf(outcome, this.#standing());
    const tally = {
      counts: this.#counts,
      previousDelay: this.#previousDelay,
      wished: this.#wished,
      repeatable: this.repeatable,
      blamed: isToBlame(failure, sent),
    };
    const decision = await decide(failure, tally, this.policy, () => ask(failure, this.policy));
    if (!decision.retry && decision.reason === 'budget') await this.#hold(decision);
    this.#wished = decision.retry && decision.reason === 'predicate';
    this.#counts[kindOf(failure)]++;
    this.#record(failure, decision, sent);
    if (decision.retry) this.#tell.retry(outcome, decision);
    else if (decision.reason) this.#tell.giveUp(outcome, decision.reason, decision.planned);
    else if (this.attempt > 1) this.#end(outcome);
    return decision;
  }

  /** Waits until the next attempt is due. An abort ends the wait at once and gives the token back. */
  async wait({ delay, permit }: Decision & { retry: true }, outcome: Outcome): Promise<void> {
    const { call, policy } = this;
    try {
      call.record.waitingFor = 'the delay before a retry';
      // a clock may be deaf to the signal
      await abortable(policy.clock.sleep(delay, call.signal), call.signal);
      throwIfAborted(call.signal);
    } catch (error) {
      releaseTo(permit);
      this.#stopIfAborted(outcome, true);
      throw error;
    } finally {
      call.record.waitingFor = undefined;
    }
    this.#permit = permit;
    this.#previousDelay = delay;
    this.attempt++;
  }

  /**
   * Waits as long as the retries that the budget refuses would have waited by our own delays: the budget takes the
   * requests, not the time. Otherwise a job would run through its items the faster the more of them fail.
   */
  async #hold({ planned }: Decision & { retry: false }): Promise<void> {
    if (planned?.source !== 'backoff') return;
    const { clock, delay, limits } = this.policy;
    let hold = planned.delay;
    let previousDelay = planned.delay;
    for (let attempt = this.attempt + 1; attempt <= limits.total && attempt - this.attempt < MOST_HELD; attempt++) {
      previousDelay = delay({ attempt, previousDelay });
      hold += previousDelay;
    }
    if (!(hold > 0) || hold >= this.call.remaining()) return;
    await abortable(clock.sleep(Math.min(hold, LONGEST_HOLD), this.call.signal), this.call.signal);
  }

  /** Told of an attempt that succeeded. */
  succeeded(outcome: Outcome): Decision {
    if (!isElsewhere(outcome.response!, this.call)) recordIn(this.policy.budget, this.call, 'success', this.attempt);
    if (this.#history.length > 0) {
      this.#history.push(recordOf(outcome, this.#standing(), this.policy.clock.now()));
      remember(outcome.response, this.#history);
      if (this.attempt > 1) this.#tell.recover(outcome);
    }
    return { retry: false, reason: undefined };
  }

  /** Told that an attempt is repeated by somebody else, without being asked. */
  passed(outcome: Outcome): void {
    this.#history.push(recordOf(outcome, this.#standing(), this.policy.clock.now()));
  }

  /** Told that the loop ends although a retry was announced: the hooks hear so, and a token not yet used goes back. */
  stopped(outcome: Outcome, reason: GiveUpReason, permit?: RetryPermit): void {
    releaseTo(permit);
    remember(outcome.response ?? outcome.error, this.#history);
    this.#tell.giveUp(outcome, reason);
  }

  /** Whoever was told of a retry is told how it ended. */
  #end(outcome: Outcome): void {
    if (outcome.response) this.#tell.recover(outcome);
    else this.#tell.giveUp(outcome, 'permanent');
  }

  /** An abort is told only after a failed attempt: a first one that is aborted is no news. */
  #stopIfAborted(outcome: Outcome, waiting = false): void {
    const { signal } = this.call;
    if (!signal?.aborted) return;
    const reason = abortReason(signal);
    if (this.attempt > 1) this.#endWith(reason, { error: reason, failed: true });
    else if (waiting) remember(reason, this.#history);
    if (this.attempt > 1 || waiting) this.#tell.giveUp(outcome, 'aborted');
    throw reason;
  }

  /** What the call ends with knows the attempts behind it, the one under way among them. */
  #endWith(error: unknown, outcome: Outcome): void {
    if (this.#history.at(-1)?.attempt !== this.#standing().number) {
      this.#history.push(recordOf(outcome, this.#standing(), this.policy.clock.now()));
    }
    remember(error, this.#history);
  }

  #record(failure: Failure, decision: Decision, sent: boolean): void {
    const { outcome } = failure;
    const known = decision.retry || decision.reason === 'budget'; // told when a retry was asked for
    const verdict = known ? undefined : verdictOf(failure, decision, sent);
    if (verdict) recordIn(this.policy.budget, this.call, verdict, this.attempt);
    if (!sent) releaseTo(this.#permit);
    const waited = decision.retry ? { delay: decision.delay, delaySource: decision.source } : {};
    this.#history.push({ ...recordOf(outcome, this.#standing(), this.policy.clock.now()), ...waited });
    this.call.record.history = this.#history;
    if (!decision.retry) remember(outcome.response ?? outcome.error, this.#history);
  }

  #standing(): Standing {
    const elapsed = Math.max(0, this.policy.clock.now() - this.#startedAt);
    const number = this.attempt + this.call.record.resends;
    return { call: this.call, key: this.#key, attempt: this.attempt, number, elapsed };
  }
}
