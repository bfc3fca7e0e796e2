/** A gate closed. All times are milliseconds. */
export interface LimitEvent {
  /** The gate, e.g. `https://api.example.com /items/*`. */
  readonly key: string;
  /** The URL of the refused request, without credentials and query. */
  readonly url: string;
  readonly status: number;
  /** How long the gate is closed. */
  readonly wait: number;
  /** The wait that the server asked for, which may be far longer; `undefined` if it asked for none. */
  readonly asked: number | undefined;
  /** The field that asked for the wait, in lower case. */
  readonly source: string | undefined;
  readonly waiting: number;
}

/** A gate opened, and the first call passed it. */
export interface ReleaseEvent {
  readonly key: string;
  /** How many calls still wait. */
  readonly waiting: number;
  /** The rate at which they are sent, in requests per second; `undefined` if no limit is known. */
  readonly rate: number | undefined;
}

/** Why a refused call is not sent again. `off`: the call has `retry: false`. */
export type StopReason =
  | 'off'
  | 'veto'
  | 'redirected'
  | 'method'
  | 'body-not-replayable'
  | 'max-resends'
  | 'deadline'
  | 'max-wait';

/** A refusal is returned to the caller. */
export interface RateLimitGiveUpEvent extends Omit<LimitEvent, 'waiting'> {
  readonly reason: StopReason;
  /** How often the call was sent again. */
  readonly resends: number;
}

/** Observers of a limiter. Their errors and rejections are ignored, and no call waits for them. */
export interface LimitHooks {
  /** Called when a gate closed. */
  onLimit?(event: LimitEvent): unknown;
  /** Called when a gate opened, with the first call that passes it. */
  onRelease?(event: ReleaseEvent): unknown;
  /** Called when a refusal is returned to the caller. */
  onGiveUp?(event: RateLimitGiveUpEvent): unknown;
}
