/** What the server answered, in the terms of the model. Times are in milliseconds. */
export interface Answer {
  /** A `failed` request (a network error, a 500) is no evidence about the limit. */
  readonly kind: 'accepted' | 'refused' | 'failed';
  /** How long the server asked the client to wait. Only a refusal has it. */
  readonly wait?: number;
  /** What the quota fields of the response say. */
  readonly quotas?: readonly Quota[];
  /** Whether a redirect led to another server, which gave the answer. Its fields say nothing about the quotas of this server. */
  readonly elsewhere?: boolean;
  /** What the call really cost, if that is only known from the answer. @default the cost it was sent with */
  readonly cost?: number;
}

/** The consequences of an answer. */
export interface Settled {
  /** After how many milliseconds the refused call may be sent again: never earlier than the server asked. */
  readonly retryIn?: number;
  /** Whether the gate is closed. */
  readonly closed: boolean;
}

/** A quota as one response reports it. All numbers are finite and not negative. Times are in milliseconds. */
export interface Quota {
  /** The name of the policy. A name with `request` in it counts requests, whatever they cost. */
  readonly name?: string | undefined;
  readonly limit?: number | undefined;
  readonly remaining: number;
  /** How far away the reset is. */
  readonly reset?: number | undefined;
  readonly window?: number | undefined;
}

/** Whether nothing of a quota is left. */
export function isSpent({ remaining }: Pick<Quota, 'remaining'>): boolean {
  return remaining === 0;
}
