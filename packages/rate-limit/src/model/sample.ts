/** The gate closed so often in so many milliseconds: then a sample is taken. After one that was refused it takes more. */
const CLOSINGS = 4;
const CLOSINGS_AFTER_FAILURE = 9;
const WITHIN_MS = 20_000;
/** So many requests are out at once, besides those that a limit would accept meanwhile; and no more than so many in all. */
const REQUESTS = 6;
const MOST_REQUESTS = 20;
/** More accepted than refused by so many, or more refused than accepted, decide. */
const ACCEPTED = 5;
const REFUSED = 4;
/** A limit that eight share accepts so many times the pace of one while a sample is out, since a closing silences all of them. */
const ALLOWED = 8;
/** A sample is sent within so many milliseconds and one round trip: for longer a limit would have recovered. */
const SENT_WITHIN_MS = 5;

/**
 * A few requests that are sent right after a refusal, whatever the gate says. A limit that was just used up refuses nearly all of
 * them; refusals that do not depend on the pace hit the same share of them as of others.
 */
export class Sample {
  #closings: number[] = [];
  #needed = CLOSINGS;
  #isTaken = false;
  /** Accepted less refused, in all closings since the sample began, without those that a limit would have accepted. */
  #score = 0;
  /** The same with all that were accepted. */
  #balance = 0;
  /** The requests of the present closing: sent between two times, after a refused one, to a limit of this pace. */
  #from = Infinity;
  #to = -Infinity;
  #refusedSentAt = 0;
  #accepted = 0;
  /** How many may be out at once, and how many are. */
  #most = 0;
  #out = 0;
  /** The pace at which the gate closed, per ms. */
  pace = 0;

  /** The gate closes for a request that was sent at a time. Begins or continues a sample if it closes often. */
  closed(now: number, sentAt: number, pace: number, roundTrip: number): void {
    const isOften = this.#closesOften(now);
    const allowed = ALLOWED * pace * roundTrip;
    // at a long round trip a limit would accept as many
    if (allowed > MOST_REQUESTS - REQUESTS) return;
    // some answers to the last requests may be missing; those of the server that only refuses show how long they take
    if (now < this.#to + Math.max(roundTrip, now - sentAt)) return;
    if (!this.#isTaken && !isOften) return;
    this.#isTaken = true;
    this.#from = now;
    this.#to = now + SENT_WITHIN_MS + roundTrip;
    this.#refusedSentAt = sentAt;
    this.#most = REQUESTS + allowed;
    this.#accepted = this.#out = 0;
    this.pace = pace;
  }

  #closesOften(now: number): boolean {
    this.#closings = [...this.#closings.filter((at) => now - at < WITHIN_MS), now].slice(-this.#needed);
    return this.#closings.length >= this.#needed;
  }

  /** May one more go, whatever the gate says? */
  wants(now: number): boolean {
    return this.#isTaken && now <= this.#to && this.#out < this.#most;
  }

  /** Does a request belong to it that was sent at a time? */
  has(sentAt: number): boolean {
    return this.#isTaken && sentAt >= this.#from && sentAt <= this.#to;
  }

  sent(now: number): void {
    if (this.has(now)) this.#out++;
  }

  /** Counts an answer to a request that belongs to it. Returns whether the sample shows now that the refusals do not depend on the pace. */
  answered(refused: boolean, sentAt: number): boolean {
    this.#out--;
    const allowed = ALLOWED * this.pace * (sentAt - this.#refusedSentAt);
    this.#balance += refused ? -1 : 1;
    if (refused) this.#score--;
    else if (++this.#accepted > allowed) this.#score++;
    const isNoise = this.#score >= ACCEPTED;
    if (isNoise) this.#end(CLOSINGS);
    // where as many were accepted, though a limit would have accepted them too, it shows nothing
    else if (this.#score + this.#out <= -REFUSED) this.#end(this.#balance >= 0 ? CLOSINGS : CLOSINGS_AFTER_FAILURE);
    return isNoise;
  }

  /** Begins anew when the gate has closed so often again. */
  #end(needed: number): void {
    this.#isTaken = false;
    this.#needed = needed;
    this.#closings = [];
    this.#score = 0;
    this.#balance = 0;
  }
}
