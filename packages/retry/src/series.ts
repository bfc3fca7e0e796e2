import { type AttemptRecord, abortReason, type Call, type Outcome, throwIfAborted } from '@steadfetch/core';
import { ask, looksFailed } from './ask.ts';
import { recordIn, releaseTo } from './budgeting.ts';
import { type Decision, decide, kindOf } from './decide.ts';
import { failureOf } from './failure.ts';
import { recordOf, remember } from './history.ts';
import type { Policy } from './policy.ts';
import type { Standing } from './standing.ts';
import { Teller } from './teller.ts';

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
  readonly #startedAt: number;
  readonly #history: AttemptRecord[];
  readonly #counts = { connect: 0, read: 0, status: 0 };
  readonly #tell: Teller;
  #previousDelay = 0;
  #wished = false;

  constructor(call: Call, policy: Policy, startedAt: number = policy.clock.now()) {
    this.call = call;
    this.policy = policy;
    this.#startedAt = startedAt;
    call.record.history ??= [];
    this.#history = call.record.history;
    call.record.maxRepeats = Math.max(call.record.maxRepeats, policy.limits.total);
    this.#tell = new Teller(policy, () => this.#standing());
  }

  /** Decides what follows an attempt that failed, and tells the hooks. Rejects with what a predicate throws. */
  async failed(outcome: Outcome): Promise<Decision> {
    this.#stopIfAborted(outcome);
    try {
      return await this.#judge(outcome);
    } catch (error) {
      this.#stopIfAborted(outcome);
      if (this.attempt > 1) this.#tell.giveUp(outcome, 'predicate');
      throw error;
    }
  }

  async #judge(outcome: Outcome): Promise<Decision> {
    if (!(await looksFailed(outcome, this.policy, this.call))) return this.succeeded(outcome);
    const failure = failureOf(outcome, this.#standing());
    const tally = { counts: this.#counts, previousDelay: this.#previousDelay, wished: this.#wished };
    const decision = await decide(failure, tally, this.policy, () => ask(failure, this.policy));
    this.#wished = decision.retry && decision.reason === 'predicate';
    this.#counts[kindOf(failure)]++;
    this.#record(outcome, decision);
    if (decision.retry) this.#tell.retry(outcome, decision);
    else if (decision.reason) this.#tell.giveUp(outcome, decision.reason, decision.planned);
    else if (this.attempt > 1) this.#end(outcome);
    return decision;
  }

  /** Waits until the next attempt is due. An abort ends the wait at once and gives the token back. */
  async wait({ delay, lease }: Decision & { retry: true }, outcome: Outcome): Promise<void> {
    const { call, policy } = this;
    try {
      await policy.clock.sleep(delay, call.signal);
      // a clock may be deaf to the signal
      throwIfAborted(call.signal);
    } catch (error) {
      releaseTo(lease);
      if (!call.signal?.aborted) throw error;
      this.#tell.giveUp(outcome, 'aborted');
      throw abortReason(call.signal);
    }
    this.#previousDelay = delay;
    this.attempt++;
    this.call.record.repeats++;
  }

  /** Told of an attempt that succeeded. */
  succeeded(outcome: Outcome): Decision {
    recordIn(this.policy.budget, this.call, 'success');
    if (this.#history.length > 0) {
      this.#history.push(recordOf(outcome, this.#standing(), this.policy.clock.now()));
      remember(outcome.response, this.#history);
      if (this.attempt > 1) this.#tell.recover(outcome);
    }
    return { retry: false, reason: undefined };
  }

  /** Whoever was told of a retry is told how it ended. */
  #end(outcome: Outcome): void {
    if (outcome.response) this.#tell.recover(outcome);
    else this.#tell.giveUp(outcome, 'permanent');
  }

  #stopIfAborted(outcome: Outcome): void {
    if (this.call.signal?.aborted && this.attempt > 1) this.#tell.giveUp(outcome, 'aborted');
    throwIfAborted(this.call.signal);
  }

  #record(outcome: Outcome, decision: Decision): void {
    const answered = !decision.retry && decision.reason === undefined && outcome.response !== undefined;
    recordIn(this.policy.budget, this.call, answered ? 'success' : 'failure');
    const waited = decision.retry ? { delay: decision.delay, delaySource: decision.source } : {};
    this.#history.push({ ...recordOf(outcome, this.#standing(), this.policy.clock.now()), ...waited });
    if (!decision.retry) remember(outcome.response ?? outcome.error, this.#history);
  }

  #standing(): Standing {
    const elapsed = Math.max(0, this.policy.clock.now() - this.#startedAt);
    return { call: this.call, attempt: this.attempt, elapsed };
  }
}
