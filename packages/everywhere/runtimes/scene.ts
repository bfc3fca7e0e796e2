import { equal } from './claims.ts';

/** Where a suite runs, and what it can reach there. */
export interface Place {
  /** The server that plays scenes. */
  readonly origin: string;
  /** A port of this machine that is closed. */
  readonly refused: string;
}

/** One step of a script, as `@steadfetch/testing` takes it. */
export interface Step {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** A body of so many bytes. */
  size?: number;
  fault?: string;
  delay?: number;
}

/** A request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly body: string;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A URL of its own whose answers follow a script; the last one repeats. */
export class Scene {
  readonly url: string;
  /** How often the fetch of the runtime was called. */
  attempts = 0;
  readonly #origin: string;
  /** Several runtimes play at one server at the same time. */
  readonly #id: string = crypto.randomUUID();

  constructor({ origin }: Place, ...steps: (Step | number)[]) {
    const script = steps.map((step) => (typeof step === 'number' ? { status: step } : step));
    this.#origin = origin;
    this.url = `${origin}/scene/${this.#id}?script=${encodeURIComponent(JSON.stringify(script))}`;
  }

  /** The fetch of the runtime, counted. */
  readonly fetch: typeof fetch = ((input: RequestInfo | URL, init?: RequestInit) => {
    this.attempts++;
    return fetch(input, init);
  }) as typeof fetch;

  async seen(): Promise<Seen[]> {
    return (await fetch(`${this.#origin}/seen/${this.#id}`)).json() as Promise<Seen[]>;
  }

  /** Both the runtime and the server had so many. */
  async hadRequests(count: number): Promise<void> {
    equal(this.attempts, count, 'attempts');
    equal((await this.seen()).length, count, 'requests at the server');
  }
}
