/** A gate closed. All times are milliseconds. */
export interface LimitEvent {
  /** The gate, e.g. `https://api.example.com /items/*`. */
  readonly key: string;
  /** The URL of the refused request, without credentials and query. */
  readonly url: string;
  readonly status: number;
  /** How long no request passes the gate. */
  readonly wait: number;
  /** What the server asked for, which may be far longer; `undefined` where it did not say. */
  readonly asked: number | undefined;
  /** The field that asked, in lower case. */
  readonly source: string | undefined;
  readonly waiting: number;
}

/** A gate opened and let the first call out. */
export interface ReleaseEvent {
  readonly key: string;
  /** How many calls wait behind the one that was let out. */
  readonly waiting: number;
  /** The pace of the release in requests per second; `undefined` where no limit is known. */
  readonly rate: number | undefined;
}

/** Why a refused call is not sent again. `off`: `fetch(url, { retry: false })`. */
export type StopReason =
  | 'off'
  | 'veto'
  | 'redirected'
  | 'method'
  | 'body-not-replayable'
  | 'max-resends'
  | 'deadline'
  | 'max-wait';

/** A refusal that is handed to the caller. */
export interface RateLimitGiveUpEvent extends Omit<LimitEvent, 'waiting'> {
  readonly reason: StopReason;
  /** How often the call was sent again. */
  readonly resends: number;
}

/** Observers of a limiter. What they throw or reject has no effect, and no call waits for them. */
export interface LimitHooks {
  /** Called when a gate closed. */
  onLimit?(event: LimitEvent): unknown;
  /** Called when a gate opened and let the first call out. */
  onRelease?(event: ReleaseEvent): unknown;
  /** Called when a refusal is handed to the caller. */
  onGiveUp?(event: RateLimitGiveUpEvent): unknown;
}
