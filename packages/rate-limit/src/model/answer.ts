/** What the server answered, in the terms of the model. Times are milliseconds. */
export interface Answer {
  /** `failed` says nothing about the limit: a network error, a 500. */
  readonly kind: 'accepted' | 'refused' | 'failed';
  /** How long the server asked to wait, if it did; of a refusal only. */
  readonly wait?: number;
  /** What the quota fields of the response say. */
  readonly quotas?: readonly Quota[];
  /** Whether another server gave it, after a redirect: then it cannot tell quotas of this one. */
  readonly elsewhere?: boolean;
  /** What the call really cost, where that is known only afterwards. @default the cost it was sent with */
  readonly cost?: number;
}

/** What follows from an answer for the call and for others. */
export interface Settled {
  /** The refused call itself may be sent again after so many ms: never earlier than the server asked. */
  readonly retryIn?: number;
  /** Whether the gate is closed. */
  readonly closed: boolean;
}

/** What is left of a quota, as a response tells it. All numbers are finite, and not negative. */
export interface Quota {
  /** The name of the policy. A name with `request` in it counts requests, whatever they cost. */
  readonly name?: string | undefined;
  readonly limit?: number | undefined;
  readonly remaining: number;
  /** From now. */
  readonly reset?: number | undefined;
  readonly window?: number | undefined;
}
