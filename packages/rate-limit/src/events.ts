/** What happened to a gate. All times are milliseconds. */
export interface LimitEvent {
  readonly key: string;
  /** The URL of the request that told of the limit, without credentials and query. */
  readonly url: string;
  readonly status: number;
  /** How long no request of the key is sent. */
  readonly wait: number;
  /** What the server asked for, which may be far longer; `undefined` where it did not say. */
  readonly asked: number | undefined;
  /** The field that asked, in lower case. */
  readonly source: string | undefined;
  readonly waiting: number;
}

export interface ReleaseEvent {
  readonly key: string;
  /** How many calls wait behind the one that was let out. */
  readonly waiting: number;
  /** The pace of the release in requests per second; `undefined` where no limit is known. */
  readonly rate: number | undefined;
}

/** A refusal that is handed to the caller. */
export interface RateLimitGiveUpEvent extends Omit<LimitEvent, 'waiting'> {
  readonly reason: 'max-wait' | 'deadline' | 'max-resends' | 'method' | 'body-not-replayable';
  /** How often the call was sent again. */
  readonly resends: number;
}
