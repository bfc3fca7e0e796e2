/** As many of the last answers are looked at. */
const LAST = 50;
/** Answers after a refusal until it is dismissed. */
const LATER = 10;
/** Dismissed refusals until it is believed that some refusals mean nothing. */
const DISMISSED = 2;

/**
 * Refusals that do not depend on the pace: one of many backends is ill, a deployment, a fault that is injected. The pace cannot
 * help against these, so it must not fall for them. What tells them from a limit is the share of the answers that are refused.
 */
export class Noise {
  /** Has it been seen that refusals come and go whatever one does? */
  patient = false;
  #dismissed = 0;
  #last: boolean[] = [];
  #next = 0;
  #sinceDoubt = Infinity;

  /** Notes an answer. */
  note(refused: boolean): void {
    this.#last[this.#next] = refused;
    this.#next = (this.#next + 1) % LAST;
    if (++this.#sinceDoubt === LATER) this.dismiss();
  }

  /** A refusal holds back only its call until the next answers tell. */
  doubt(): void {
    if (this.#sinceDoubt > LATER) this.#sinceDoubt = 0;
  }

  /** Do so many of the last answers refuse that it must be a limit? */
  get proven(): boolean {
    if (this.patient) return this.#refused(10) >= 6 || this.#refused(50) >= 12;
    return this.#refused(6) >= 3 || this.#refused(20) >= 5;
  }

  /** A refusal came to nothing. */
  dismiss(): void {
    if (++this.#dismissed >= DISMISSED) this.patient = true;
  }

  /** The gate closed: what came before is used up as evidence. */
  closed(): void {
    this.#last = [];
    this.#next = 0;
    this.#sinceDoubt = Infinity;
    if (!this.patient) this.#dismissed = 0;
  }

  #refused(count: number): number {
    let refused = 0;
    for (let i = 1; i <= count; i++) if (this.#last[(this.#next - i + LAST) % LAST]) refused++;
    return refused;
  }
}
