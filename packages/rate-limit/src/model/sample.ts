/** A sample begins after this many cooldowns within `WITHIN_MS`; after a sample that proved a limit, it takes more. */
const COOLDOWNS = 4;
const COOLDOWNS_AFTER_PROOF = 9;
const WITHIN_MS = 20_000;
/** How many requests of a sample may be in flight, besides those that a limit would accept meanwhile; and the most in all. */
const REQUESTS = 6;
const MAX_REQUESTS = 20;
/** This many more accepted than refused prove that the pace is not the cause; this many more refused than accepted prove a limit. */
const ACCEPTED = 5;
const REFUSED = 4;
/** This many clients may share the limit. A cooldown silences all of them, so a sample may use the pace of all. */
const SHARERS = 8;
/** A sample is sent within this time and one round trip, in milliseconds. In a longer time a limit would recover. */
const SENT_WITHIN_MS = 5;

/**
 * A few requests that are sent right after a refusal, although the gate is closed, in one cooldown after another. They show whether refusals
 * depend on the pace: a limit that was just used up refuses nearly all of them; other causes refuse the usual share of them.
 */
export class Sample {
  #closedAt: number[] = [];
  #needed = COOLDOWNS;
  #isActive = false;
  /** Accepted minus refused requests since the sample began. Those that a limit would have accepted are left out. */
  #score = 0;
  /** The same with all accepted requests. */
  #balance = 0;
  /** The requests of the present cooldown are those sent between these two times. */
  #from = Infinity;
  #to = -Infinity;
  /** When the request was sent whose refusal closed the gate. */
  #refusedSentAt = 0;
  #accepted = 0;
  #maxInFlight = 0;
  #inFlight = 0;
  /** The pace when the gate closed, per ms. */
  pace = 0;

  /** The gate closes, because a request sent at `sentAt` was refused. Begins or continues a sample if the gate closes often. */
  closed(now: number, sentAt: number, pace: number, roundTrip: number): void {
    const isOften = this.#closesOften(now);
    const allowed = SHARERS * pace * roundTrip;
    // the round trip is so long that a limit would accept the whole sample
    if (allowed > MAX_REQUESTS - REQUESTS) return;
    // some answers to the sample may be missing; this refusal shows how long they take if nothing was accepted yet
    if (now < this.#to + Math.max(roundTrip, now - sentAt)) return;
    if (!this.#isActive && !isOften) return;
    this.#isActive = true;
    this.#from = now;
    this.#to = now + SENT_WITHIN_MS + roundTrip;
    this.#refusedSentAt = sentAt;
    this.#maxInFlight = REQUESTS + allowed;
    this.#accepted = this.#inFlight = 0;
    this.pace = pace;
  }

  #closesOften(now: number): boolean {
    this.#closedAt = [...this.#closedAt.filter((at) => now - at < WITHIN_MS), now].slice(-this.#needed);
    return this.#closedAt.length >= this.#needed;
  }

  /** Whether one more request may be sent as a part of the sample, although the gate is closed. */
  wants(now: number): boolean {
    return this.#isActive && now <= this.#to && this.#inFlight < this.#maxInFlight;
  }

  /** Whether a request that was sent at this time belongs to the sample. */
  has(sentAt: number): boolean {
    return this.#isActive && sentAt >= this.#from && sentAt <= this.#to;
  }

  sent(now: number): void {
    if (this.has(now)) this.#inFlight++;
  }

  /** Counts the answer to a request of the sample. Returns whether the sample has now proven that refusals do not depend on the pace. */
  answered(refused: boolean, sentAt: number): boolean {
    this.#inFlight--;
    const allowed = SHARERS * this.pace * (sentAt - this.#refusedSentAt);
    this.#balance += refused ? -1 : 1;
    if (refused) this.#score--;
    else if (++this.#accepted > allowed) this.#score++;
    const isNoise = this.#score >= ACCEPTED;
    if (isNoise) this.#end(COOLDOWNS);
    // counts requests in flight as accepted; if no more were refused than accepted in all, a limit is not proven either
    else if (this.#score + this.#inFlight <= -REFUSED)
      this.#end(this.#balance >= 0 ? COOLDOWNS : COOLDOWNS_AFTER_PROOF);
    return isNoise;
  }

  /** Ends the sample. The next one begins after as many cooldowns as `needed`. */
  #end(needed: number): void {
    this.#isActive = false;
    this.#needed = needed;
    this.#closedAt = [];
    this.#score = 0;
    this.#balance = 0;
  }
}
