import { inspect } from 'node:util';
import { redactUrl } from '@steadfetch/core';
import { networkError, seededRandom } from '@steadfetch/testing/simulation';
import fc from 'fast-check';
import { compose, type Fetch, historyOf, logRetries, observe, type RetryHooks, retryMonitor } from 'steadfetch';
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { drive, SteppedTime } from './support/drive.ts';
import { claim, expectFound, expectNone, PATIENCE, type Search } from './support/search.ts';
import { type Built, build, type Extra, type Spec, specs, type Timing } from './support/stacks.ts';

/** What a secret looks like. Digits make it look like an identifier in a path. */
const secret = (place: string) => `s3cr3t-${place}-9f27`;
const SECRET = /s3cr3t-(\w+)-9f27/;

type Spelling =
  | 'plain'
  | 'capitals'
  | 'backslashes'
  | 'blanks'
  | 'tabs'
  | 'one slash'
  | 'URL'
  | 'other scheme'
  | 'data';

interface Case {
  readonly spec: Spec;
  readonly spelling: Spelling;
  readonly script: readonly (number | string)[];
  readonly calls: number;
  readonly hint: '' | '1' | '3600';
}

const cases: fc.Arbitrary<Case> = fc.record({
  spec: specs({ form: fc.constantFrom('compose', 'twice'), timeout: fc.constant(true) }),
  spelling: fc.constantFrom(
    'plain',
    'capitals',
    'backslashes',
    'blanks',
    'tabs',
    'one slash',
    'URL',
    'other scheme',
    'data',
  ),
  script: fc.array(
    fc.constantFrom<number | string>(200, 503, 429, 404, 'ECONNREFUSED', 'ECONNRESET', 'stall', 'bug', 'text'),
    {
      minLength: 1,
      maxLength: 4,
    },
  ),
  calls: fc.integer({ min: 1, max: 8 }),
  hint: fc.constantFrom('', '1', '3600'),
});

/** Where texts of ours come out. */
class Ears {
  readonly heard: [place: string, text: string][] = [];

  hear(place: string, value: unknown): void {
    this.heard.push([place, typeof value === 'string' ? value : inspect(value, { depth: 8 })]);
  }

  /** A logger for `logRetries`, which takes the fields too. */
  get logger(): object {
    const write = (...args: unknown[]) => this.hear('a log', args);
    return { warn: write, error: write, info: write, bindings: write };
  }

  /** Observers that keep what an event says; the response, the error and the outcome are those of the caller. */
  get hooks(): RetryHooks {
    const keep = ({
      response: _,
      error: __,
      outcome: ___,
      ...said
    }: object & { response?: unknown; error?: unknown; outcome?: unknown }) => this.hear('an event', said);
    return { onRetry: keep, onGiveUp: keep, onRecover: keep };
  }

  get observer(): (event: object) => void {
    return (event) => this.hear('an event', event);
  }
}

type Subject = (spec: Spec, timing: Timing, ears: Ears) => Built;

function urlOf(spelling: Spelling): string | URL {
  const rest = `${secret('user')}:${secret('pass')}@api.test/things/${secret('path')}?token=${secret('query')}#${secret('fragment')}`;
  switch (spelling) {
    case 'capitals':
      return `HTTPS://${rest}`;
    case 'backslashes':
      return `https:\\\\${rest}`;
    case 'blanks':
      return `  https://${rest}  `;
    case 'tabs':
      return `ht\ttps:/\n/${rest}`;
    case 'one slash':
      return `https:/${rest}`;
    case 'URL':
      return new URL(`https://${rest}`);
    case 'other scheme':
      return `app://${rest}`;
    case 'data':
      return `data:text/plain,${secret('data')}`;
    default:
      return `https://${rest}`;
  }
}

function server({ script, hint }: Case): Fetch {
  let sent = 0;
  return async (_, init) => {
    const step = script[sent++] ?? 200;
    if (step === 'stall' && init?.signal)
      return new Promise((_resolve, reject) =>
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)),
      );
    if (step === 'bug') {
      const error = new TypeError(`no ${secret('bug')}`, { cause: { url: secret('cause') } });
      throw Object.assign(error, { name: `no ${secret('name')}` });
    }
    if (step === 'text') throw secret('text');
    if (typeof step === 'string') {
      const error = networkError(step, 'https://api.test/');
      throw Object.assign(new TypeError(`fetch failed: ${secret('message')}`, { cause: error.cause }), {
        config: secret('config'),
      });
    }
    const headers = {
      'set-cookie': secret('cookie'),
      'x-token': secret('token'),
      ...(hint && { 'retry-after': hint }),
    };
    const response = new Response(secret('body'), { status: step, statusText: secret('phrase'), headers });
    return Object.defineProperty(response, 'url', { value: `https://api.test/?token=${secret('answered')}` });
  };
}

let warned: unknown[][] = [];

const leaks: Search<Case, Subject> = {
  cases,
  check: async (given, subject) => {
    const time = new SteppedTime(2);
    const ears = new Ears();
    warned = [];
    const built = subject(given.spec, { clock: time, random: seededRandom(1) }, ears);
    const steady = built.wrap(server(given));
    const init = {
      method: 'PUT',
      body: secret('sent'),
      headers: {
        authorization: `Bearer ${secret('bearer')}`,
        cookie: secret('cookies'),
        'x-api-key': secret('apikey'),
      },
    };
    for (let call = 0; call < given.calls; call++) {
      const outcome = await drive(time, steady(urlOf(given.spelling), init));
      const error = outcome.error as Error | undefined;
      if (outcome.failed && isOurs(error)) {
        ears.hear('a message', `${error.name} ${error.message} ${error.stack} ${JSON.stringify(error)}`);
        ears.hear('a printed error', error);
      }
      const past = historyOf(outcome.response ?? outcome.error) ?? [];
      ears.hear(
        'a history',
        past.map(({ error: _, ...rest }) => rest),
      );
      ears.hear('a state', built.snapshot());
    }
    for (const line of warned) ears.hear('the console', line);
    for (const [place, text] of ears.heard) {
      // an event shows the path
      const found = [...text.matchAll(new RegExp(SECRET, 'g'))]
        .map(([, name]) => name)
        .filter((name) => name !== 'path' || place === 'a state');
      claim(found.length === 0, `${place} shows '${found[0]}': ${text}`);
    }
  },
};

const isOurs = (error: unknown): error is Error => {
  const name = (error as Error | undefined)?.name ?? '';
  return ['TimeoutError', 'RateLimitError', 'CircuitOpenError', 'QueueFullError', 'NetworkError'].includes(name);
};

function listening({ hooks, observer }: Ears): Extra {
  return {
    retry: { hooks },
    rateLimit: { hooks: { onLimit: observer, onRelease: observer, onGiveUp: observer } },
    circuitBreaker: { hooks: { onOpen: observer, onClose: observer, onHalfOpen: observer } },
    concurrency: { onQueue: observer },
  };
}

const ours: Subject = (spec, timing, ears) => {
  const { clock } = timing;
  const built = build(spec, timing, listening(ears));
  const log = observe(logRetries(ears.logger, { slowAfter: 0, minWait: 0 }), { clock });
  const monitor = observe(retryMonitor({ onExcessive: ears.observer, clock }), { clock });
  return { ...built, wrap: compose(log, monitor, built.wrap) };
};

/** A layer that tells the ears of a call what `say` says. */
function saying(
  say: (call: {
    url: string;
    init: RequestInit | undefined;
    response?: Response;
    error?: unknown;
  }) => [string, unknown],
): Subject {
  return (_, __, ears) => ({
    snapshot: () => ({}),
    wrap: (next) => async (input, init) => {
      const url = String(input);
      try {
        const response = await next(input, init);
        ears.hear(...say({ url, init, response }));
        return response;
      } catch (error) {
        ears.hear(...say({ url, init, error }));
        throw error;
      }
    },
  });
}

const wrong: Record<string, Subject> = {
  'logs whole URLs': saying(({ url }) => ['a log', url]),
  'cuts off the query alone': saying(({ url }) => ['a log', url.replace(/[?#].*/s, '')]),
  'cuts off credentials by a simple pattern': saying(({ url }) => [
    'a log',
    url.replace(/[?#].*/s, '').replace(/\/\/.*@/, '//'),
  ]),
  'logs headers': saying(({ init }) => ['a log', init?.headers]),
  'logs answers': saying(({ response }) => ['a log', response && Object.fromEntries(response.headers)]),
  'logs the reason phrase': saying(({ response }) => ['a log', response?.statusText ?? '']),
  'logs messages of errors': saying(({ error }) => ['an event', String(error ?? '')]),
  'logs names of errors': saying(({ error }) => ['a log', (error as Error | undefined)?.name ?? '']),
  'logs what is thrown, if it is a text': saying(({ error }) => ['a log', typeof error === 'string' ? error : '']),
  'logs causes of errors': saying(({ error }) => ['an event', (error as Error | undefined)?.cause]),
  'keeps paths in its state': saying(({ url }) => ['a state', redactUrl(url)]),
};

describe('a secret', () => {
  beforeAll(() => {
    vi.spyOn(console, 'warn').mockImplementation((...args) => void warned.push(args));
  });
  afterAll(() => {
    vi.mocked(console.warn).mockRestore();
  });

  it('is in no log, event, message, history or state', () => expectNone(leaks, ours, 250), PATIENCE);

  it.each(Object.keys(wrong))('is found where a layer %s', async (name) => {
    await expectFound(leaks, wrong[name]!, 400);
  });
});
