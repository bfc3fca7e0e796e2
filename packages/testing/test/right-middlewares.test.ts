import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Call,
  compose,
  defineMiddleware,
  discard,
  type Fetch,
  type Middleware,
  onAbort,
  settle,
  systemClock,
  unwrap,
} from '@steadfetch/core';
import { keepBody } from '@steadfetch/core/kit';
import { describe, it } from 'vitest';
import { contractChecks } from '../src/index.ts';
import { sleep } from './wrong/sleep.ts';
import { untilRead } from './wrong/until-read.ts';

const timeOf = (date: Date): number => date.getTime(); // as an older cache takes it

describe('contractChecks', () => {
  it('passes a middleware that adds a header of its own, says the language of all calls, makes calls wait for their turn, or refuses them', async () => {
    const naming: Middleware = (next) => async (input, init) => {
      const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
      headers.set('x-request-id', '1');
      headers.set('accept-language', 'de');
      return next(input, { ...init, headers });
    };
    const pacing: Middleware = (next) => {
      let left = 5; // and five more in a minute
      return async (...call) => (left-- > 0 ? next(...call) : new Promise(() => {}));
    };
    /** A call that is aborted does not count. */
    const limiting = (refuse: () => Promise<Response>): Middleware => {
      let left = 5;
      return (next) => (input, init) => {
        if (left === 0) return refuse();
        left--;
        return next(input, init).catch((error) => {
          left++;
          throw error;
        });
      };
    };

    const ordering = (): Middleware => {
      let left = 5; // and five more in a minute
      return (next) => async (input, init) => {
        if (init?.method === 'POST' && left-- <= 0) throw new Error('five orders a minute');
        return next(input, init);
      };
    };

    const spaced = (): Middleware => {
      let turn = 0;
      return defineMiddleware(async (call, next) => {
        const now = performance.now();
        turn = Math.max(now, turn + 400);
        if (turn > now) await sleep(turn - now, call.signal);
        return next(call);
      });
    };

    await contractChecks['hands on methods and headers as they are written']!(() => naming);
    await contractChecks['leaves no timer behind']!(spaced);
    await contractChecks['answers after calls that were aborted']!(() => pacing);
    await contractChecks['answers after calls that were aborted']!(ordering);
    await contractChecks["leaves no listener on the caller's signal"]!(() => pacing);
    await contractChecks['hands on the body']!(() => pacing);
    await contractChecks['answers after calls that were aborted']!(() => limiting(() => new Promise(() => {})));
    await contractChecks['answers after calls that were aborted']!(() => limiting(() => Promise.reject(new Error())));
  });

  it('passes a time limit that keeps no process alive, around waits that do', async () => {
    const waiting = repeatedOnce(503, 100);
    const limiting: Middleware = (next) => (input, init) => {
      const timer = setTimeout(() => {}, 1_000).unref();
      return next(input, init).finally(() => clearTimeout(timer));
    };

    const signing = defineMiddleware(async (call, next) => {
      await crypto.subtle.digest('SHA-256', new TextEncoder().encode(call.url));
      return next(call);
    });

    for (const right of [waiting, signing])
      await contractChecks['keeps the process alive while it waits']!(() => compose(limiting, right));
  });

  it('passes who writes what failed to a log a little later, by a timer that keeps no process alive', async () => {
    const logging = defineMiddleware(async (call, next) => {
      const outcome = await settle(next(call));
      if (!outcome.response?.ok) setTimeout(() => {}, 1_000).unref();
      return unwrap(outcome);
    });

    await contractChecks['keeps the process alive while it waits']!(() => logging);
  });

  it('passes who opens a circuit after three failures, who refuses all calls for a while after a 429, and who holds them after an error', async () => {
    const refusing =
      (after: number, isFailure: (response: Response | undefined) => boolean): Middleware =>
      (next) => {
        let failures = 0;
        let until = 0;
        return defineMiddleware(async (call, following) => {
          if (failures >= after && performance.now() < until) throw new Error('not now');
          const outcome = await settle(following(call));
          failures = isFailure(outcome.response) ? failures + 1 : 0;
          until = performance.now() + 1_000;
          return unwrap(outcome);
        })(next);
      };
    const breaking = refusing(3, (response) => response === undefined || response.status >= 500);
    const pausing = refusing(1, (response) => response?.status === 429 && !response.headers.has('retry-after'));

    const holding: Middleware = (next) => {
      let until = 0;
      return defineMiddleware(async (call, following) => {
        const left = until - performance.now();
        if (left > 0) await sleep(left, call.signal);
        const outcome = await settle(following(call));
        if (outcome.failed && !call.signal?.aborted) until = performance.now() + 5_000;
        return unwrap(outcome);
      })(next);
    };

    for (const right of [breaking, pausing, holding]) {
      await contractChecks['rejects when next throws instead of rejecting']!(() => right);
      await contractChecks['keeps concurrent calls apart']!(() => right);
    }
    await contractChecks['keeps concurrent calls apart']!(() => compose(repeatedOnce(503, 1), breaking));
  });

  it('passes who takes a moment after a repetition, which is sent late', async () => {
    const logging = (wait: number, moment: number): Middleware =>
      defineMiddleware(async (call, next) => {
        const response = await next(call);
        if (response.status !== 503) return response;
        discard(response);
        await sleep(wait, call.signal);
        return next(call).finally(() => delay(moment));
      });

    await contractChecks["rejects with the caller's abort reason"]!(() => logging(30, 60));
    await contractChecks['gives a response before its body is there']!(() => logging(0, 200));
  });

  it('passes who throws for a status', async () => {
    const throwing = defineMiddleware(async (call, next) => {
      const response = await next(call);
      if (!response.ok) throw new Error(`status ${response.status}`);
      return response;
    });

    await contractChecks['builds no Request and clones nothing for a plain call']!(() => throwing);
  });

  it('passes who repeats a POST that the server says it has not acted on', async () => {
    const again: Middleware = defineMiddleware(async (call, next) => {
      const response = await next(call);
      return [425, 429].includes(response.status) && call.replayable ? next(call) : response;
    });

    await contractChecks['sends a POST once, also where it fails']!(() => again);
  });

  it('passes who repeats a POST after a long wait', async () => {
    const patient = repeatedOnce(500, 60_000);

    await contractChecks['gives a response before its body is there']!(() => patient);
  });

  it('passes who keeps cookies by the address of a response, as fetch-cookie', async () => {
    const keepsCookies: Middleware = (next) => {
      const jar = new Map<string, string>();
      return async (input, init) => {
        const headers = new Headers(init?.headers ?? (input as Request).headers);
        const cookie = jar.get(new URL(input instanceof Request ? input.url : input).origin);
        if (cookie) headers.set('cookie', cookie);
        const response = await next(input, { ...init, headers });
        for (const given of response.headers.getSetCookie()) jar.set(new URL(response.url).origin, given);
        return response;
      };
    };

    await contractChecks['keeps concurrent calls apart']!(() => keepsCookies);
    await contractChecks['gives a 404, a 302 and a 204 as any other response']!(() => keepsCookies);
  });

  it('passes who signs a call or reads a file before it is sent', async () => {
    const signing: Middleware = defineMiddleware(async (call, next) => {
      const headers = new Headers(call.headers);
      const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(call.url));
      headers.set('x-signature', `${new Uint8Array(hash)} ${(await readFile(import.meta.filename)).length}`);
      return next(call.with({ headers }));
    });

    for (const check of Object.values(contractChecks)) await check(() => signing);
  });

  it.each([1, 4, 11, 20, 25])('passes who signs a call on a machine that is slow once, at call %i', async (slow) => {
    for (const title of [
      "rejects with the caller's abort reason",
      'answers after calls that were aborted',
      'rejects with the error of next itself',
      'sends a POST once, also where it fails',
      'gives a response before its body is there',
      'gives a 404, a 302 and a 204 as any other response',
    ]) {
      let calls = 0;
      const signing = defineMiddleware(async (call, next) => {
        if (++calls === slow) await delay(150);
        return next(call);
      });

      await contractChecks[title]!(() => signing);
    }
  });

  it('passes who takes some time for each call, in the time that a runner gives a test', async () => {
    const slow = defineMiddleware((call, next) => delay(70).then(() => next(call)));

    await contractChecks['hands on the body']!(() => slow);
  });

  it('passes who lets one call through at a time, until its answer is read', async () => {
    for (const [title, check] of Object.entries(contractChecks)) {
      if (title !== 'gives the response of next itself') await check(() => untilRead(1));
    }
  });

  it('passes who sends what writes one after the other', async () => {
    const inLine = (): Middleware => {
      let isBusy = false;
      const waiting: (() => void)[] = [];
      const turn = (signal: AbortSignal | undefined) =>
        new Promise<void>((resolve, reject) => {
          const go = () => {
            stop();
            resolve();
          };
          waiting.push(go);
          const stop = onAbort(signal, (reason) => {
            waiting.splice(waiting.indexOf(go), 1);
            reject(reason);
          });
        });
      return defineMiddleware(async (call, next) => {
        if (call.method === 'GET' || call.method === 'HEAD') return next(call);
        if (isBusy) await turn(call.signal);
        isBusy = true;
        return next(call).finally(() => {
          isBusy = waiting.length > 0;
          waiting.shift()?.();
        });
      });
    };

    for (const check of Object.values(contractChecks)) await check(inLine);
  });

  it('passes who goes on for a moment after a call, and limits it by a timer', async () => {
    const lingering = defineMiddleware(async (call, next) => {
      const outcome = await settle(next(call));
      const limit = setTimeout(() => {}, 100);
      void delay(20).finally(() => clearTimeout(limit)); // a browser takes such a time to read a body to its end
      return unwrap(outcome);
    });

    await contractChecks['leaves no timer behind']!(() => lingering);
  });

  it('passes who waits after a 429, and who renews a token for all calls, or through next, also in vain', async () => {
    const patient = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 429 || !call.replayable) return response;
      discard(response);
      await systemClock.sleep(Number(response.headers.get('retry-after')) * 1_000, call.signal);
      return next(call);
    });
    let renewal: Promise<void> | undefined;
    const renewing = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 401 || !call.replayable) return response;
      discard(response);
      renewal ??= delay(20).finally(() => {
        renewal = undefined;
      });
      await new Promise<void>((resolve, reject) => {
        const stop = onAbort(call.signal, reject);
        void renewal!.then(resolve).finally(stop);
      });
      return next(call);
    });
    const asking = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 401 || !call.replayable) return response;
      discard(response);
      const signal = call.signal ?? null;
      discard(await next(Call.from('https://contract.test/token', { method: 'POST', body: 'who', signal })));
      return next(call);
    });
    const refused = defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 401 || !call.replayable) return response;
      const token = await next(Call.from('https://contract.test/token', { signal: call.signal ?? null }));
      discard(token);
      if (!token.ok) return response;
      discard(response);
      return next(call);
    });
    const copying = defineMiddleware(async (call, next) => {
      const response = await next(call);
      return new Response(response.body, response);
    });
    await contractChecks['gives a response that nobody has read']!(() => compose(copying, refused));

    for (const check of Object.values(contractChecks)) {
      await check(() => patient);
      await check(() => renewing);
      await check(() => asking);
      await check(() => refused);
    }
  });

  it('passes who asks for a token in a loop with waits, who asks for none for a while after a failure, and who reports a 401 once', async () => {
    const renewing =
      (ask: (next: Fetch) => Promise<Response>, calmFor = 0): Middleware =>
      (next) => {
        let renewal: Promise<boolean> | undefined;
        let failedAt = -Infinity;
        return defineMiddleware(async (call, following) => {
          const response = await following(keepBody(call));
          if (response.status !== 401 || performance.now() - failedAt < calmFor) return response;
          renewal ??= ask(next).then(
            ({ ok }) => ok,
            () => false,
          );
          const isRenewed = await new Promise<boolean>((resolve, reject) => {
            const stop = onAbort(call.signal, reject);
            void renewal!.then(resolve).finally(stop);
          });
          renewal = undefined;
          if (!isRenewed) failedAt = performance.now();
          return isRenewed ? following(call) : response;
        })(next);
      };
    const token = (next: Fetch) => settle(next('https://contract.test/token')).then(unwrap);
    const inLoop = async (next: Fetch, left = 2): Promise<Response> => {
      const outcome = await settle(next('https://contract.test/token'));
      if (outcome.response?.ok || left === 0) return unwrap(outcome);
      await delay(300);
      return inLoop(next, left - 1);
    };
    const reporting: Middleware = (next) => {
      let isReported = false;
      return defineMiddleware(async (call, following) => {
        const response = await following(call);
        if (response.status === 401 && !isReported) void settle(next('https://reports.test/401'));
        isReported ||= response.status === 401;
        return response;
      })(next);
    };

    for (const right of [renewing(inLoop), renewing(token, 5_000), reporting])
      await contractChecks['keeps concurrent calls apart']!(() => right);
  });

  it('passes who ends what it has given up a turn later, as a scheduler does', async () => {
    const hedging = defineMiddleware(async (call, next) => {
      const controllers = [new AbortController(), new AbortController()] as const;
      const [first, second] = controllers.map(({ signal }) =>
        call.with({ signal: call.signal ? AbortSignal.any([call.signal, signal]) : signal }),
      );
      const one = next(first!).finally(() => setTimeout(() => controllers[1].abort()));
      const other = sleep(5, call.signal).then(() => next(second!));
      return Promise.race([one, other.finally(() => setTimeout(() => controllers[0].abort()))]);
    });

    await contractChecks['ends each attempt that it gives up']!(() => hedging);
  });

  it('passes who keeps an answer a little later than it gives it, as in a database', async () => {
    const keeping: Middleware = (next) => {
      const kept = new Map<string, { response: Response; until: number }>();
      return defineMiddleware(async (call, following) => {
        const key = `${call.url} ${[...call.headers]}`;
        if (!['GET', 'HEAD'].includes(call.method)) {
          kept.clear();
          await delay(20);
        }
        const last = kept.get(key);
        const isFresh = last && last.until > timeOf(new Date());
        if (isFresh && call.method === 'GET' && !call.init?.cache) return last.response.clone();
        const response = await following(call);
        const mayKeep = response.headers.get('cache-control')?.includes('max-age');
        if (call.method !== 'GET' || response.status !== 200 || !mayKeep) return response;
        const copy = response.clone();
        void delay(10).then(() => kept.set(key, { response: copy, until: timeOf(new Date()) + 60_000 }));
        return response;
      })(next);
    };

    await contractChecks['keeps concurrent calls apart']!(() => keeping);
  });

  it('passes who opens a circuit, until a time, a timer or a tick, and who waits or refuses until a told quota is renewed', async () => {
    const breaking =
      (hasTimer: boolean): Middleware =>
      (next) => {
        let failures = 0;
        let isOpen = false;
        let closesAt = 0;
        return defineMiddleware(async (call, following) => {
          if (hasTimer ? isOpen : failures >= 5 && timeOf(new Date()) < closesAt)
            throw new Error('the circuit is open');
          const outcome = await settle(following(call));
          if (call.signal?.aborted) return unwrap(outcome);
          failures = outcome.response?.ok ? 0 : failures + 1;
          closesAt = timeOf(new Date()) + 30_000;
          if (hasTimer && failures === 5) {
            isOpen = true;
            failures = 4;
            setTimeout(() => {
              isOpen = false;
            }, 30_000).unref();
          }
          return unwrap(outcome);
        })(next);
      };
    const quota =
      (isPatient: boolean): Middleware =>
      (next) => {
        let renewedAt = 0;
        return defineMiddleware(async (call, following) => {
          const left = renewedAt - performance.now();
          if (left > 0 && !isPatient) throw new Error('nothing is left');
          if (left > 0) await sleep(left, call.signal);
          const response = await following(call);
          const { headers } = response;
          if (headers.get('x-ratelimit-remaining') === '0')
            renewedAt = performance.now() + Number(headers.get('x-ratelimit-reset')) * 1_000;
          return response;
        })(next);
      };

    const stopped: Middleware = (next) => {
      let failures = 0; // and its clock stands still
      return defineMiddleware(async (call, following) => {
        if (failures >= 5) throw new Error('the circuit is open');
        const outcome = await settle(following(call));
        failures = outcome.response?.ok || call.signal?.aborted ? 0 : failures + 1;
        return unwrap(outcome);
      })(next);
    };

    const watching: Middleware = (next) => {
      let failures = 0;
      let openedAt = 0;
      setInterval(() => {
        if (Date.now() - openedAt > 30_000) failures = 0;
      }, 5_000).unref();
      return defineMiddleware(async (call, following) => {
        if (failures >= 5) throw new Error('the circuit is open');
        const outcome = await settle(following(call));
        if (!call.signal?.aborted) failures = outcome.response?.ok ? 0 : failures + 1;
        openedAt = Date.now();
        return unwrap(outcome);
      })(next);
    };

    for (const right of [breaking(false), breaking(true), quota(false), quota(true), stopped, watching])
      await contractChecks['answers after calls that were aborted']!(() => right);
  });

  it('passes who asks its own server for a token with the headers of the call', async () => {
    const asking: Middleware = (next) => {
      let token: Promise<string> | undefined;
      return defineMiddleware(async (call, following) => {
        if (call.method !== 'PUT') return following(call);
        const { authorization } = Object.fromEntries(call.headers);
        if (authorization) token ??= next('https://contract.test/csrf', { headers: { authorization } }).then(String);
        await token;
        return following(call);
      })(next);
    };

    await contractChecks['keeps concurrent calls apart']!(() => asking);
  });

  it.each(['if-range', 'if-match'])(
    'passes who goes on with the rest of the same version, by %s',
    async (condition) => {
      const resuming: Middleware = (next) => async (input, init) => {
        const response = await next(input, init);
        const etag = response.headers.get('etag');
        if (init?.method === 'POST' || etag === null) return response;
        const { readable, writable } = new TransformStream();
        const rest = async () => {
          const part = await next(input, { ...init, headers: { range: 'bytes=5-', [condition]: etag } });
          if (part.status === 206) return part.body!.pipeTo(writable);
          return writable.abort(new TypeError('the server gives the whole'));
        };
        void response
          .body!.pipeTo(writable, { preventAbort: true })
          .catch(rest)
          .catch(() => {});
        return new Response(readable, response);
      };

      await contractChecks['tells of a body that breaks off']!(() => resuming);
    },
  );
});

/** Repeats a call once after it was answered with this status. */
function repeatedOnce(status: number, ms: number): Middleware {
  return defineMiddleware(async (call, next) => {
    const response = await next(keepBody(call));
    if (response.status !== status || !call.replayable) return response;
    discard(response);
    await sleep(ms, call.signal);
    return next(call);
  });
}
