import { defineMiddleware, settle } from '@steadfetch/core';
import { CONTRACT_URL, type ContractCheck, inTime, MAX_WAIT_MS, same, statusOf } from './contract-claim.ts';
import { type Asked, asInitAndAsRequest, askedAgain, ending, ok, probe, readingAll } from './contract-probe.ts';
import { countCopies } from './count-copies.ts';

/** Members that a `Request` has, each with a value that is not the default. */
const MEMBERS = {
  cache: 'reload', // not 'no-store', which a middleware may set for all calls
  credentials: 'omit',
  integrity: 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  keepalive: true,
  mode: 'same-origin',
  redirect: 'manual',
  referrerPolicy: 'no-referrer',
} as const satisfies RequestInit;

/** A URL whose spelling must not change, because a signature may cover it. Parsing and rewriting the query would change it. */
const SPELLED_URL = 'https://contract.test/things/a%20B//c%2Fd/100%/%E6%9D%B1/?b=%20+&a=2&a=1/&c=';

/** Checks of the arguments that next gets. */
export const requestChecks: Readonly<Record<string, ContractCheck>> = {
  'takes a string, a URL and a Request': async (make) => {
    const { fetch, asked } = probe();
    const addresses = [CONTRACT_URL, SPELLED_URL];
    const unset = { method: undefined, headers: undefined, body: undefined, signal: undefined } as object; // many clients pass `undefined`
    for (const method of ['put', 'post']) {
      const steady = readingAll(make()(fetch)); // ten calls for each, since a rate limiter may delay more
      for (const address of addresses) {
        await steady(address, { ...unset, method, headers: { 'x-a': '1' } });
        await steady(new Request(address, { method, headers: { 'x-a': '1' } }), unset);
        await steady(new URL(address), { method, headers: new Headers({ 'x-a': '1' }) });
        await steady(new Request(address, { method, headers: [['x-a', '1']] }));
        const request = new Request(address, { headers: { 'x-a': '0', 'x-b': '0' } });
        await steady(request, { method, headers: [['x-a', '1']] });
      }
      const sent = asked.splice(0);
      for (const [index, { url, method: given, headers, request }] of sent.entries()) {
        const wanted = `${method.toUpperCase()} ${addresses[Math.floor(index / 5)]}`;
        same(`${given} ${url} ${headers.get('x-a')}`, `${wanted} 1`, 'what next was asked for');
        same(headers.get('x-b'), null, 'a header of a Request whose headers init replaces');
        same(await request.text(), '', 'the body of a call without one');
      }
      same(sent.length, 10, 'the number of calls of next');
    }
    for (const address of addresses) {
      const repeated = await Promise.all([
        askedAgain(make, (again, signal) => again(address, { signal })),
        askedAgain(make, (again, signal) => again(new Request(address, { signal }))),
      ]);
      for (const { when, asked: sent } of repeated.flat()) {
        for (const { url } of sent) {
          same(targetOf(url), targetOf(address), `the path and the query that next was asked for ${when}`);
        }
      }
    }
  },

  'hands on methods and headers as they are written': async (make) => {
    const { fetch, asked } = probe();
    const steady = readingAll(make()(fetch));
    const pairs: [string, string][] = [
      ['x-a', '1'],
      ['x-a', '2'],
      ['x-b', ''],
      ['x-c', '\u00e9'],
      ['x-d', 'a  b'],
      ['accept', 'text/csv'],
      ['if-match', '"asked"'],
      ['range', 'bytes=0-9'],
    ];
    const names = pairs.map(([name]) => name);
    const expected = [...new Headers(pairs)].join('; ');
    // `fetch` changes the case of only six methods; happy-dom rejects unknown ones, and Bun sends a GET
    const odd = isMethod('x-Odd') ? 'x-Odd' : 'patch';
    for (const written of [odd, 'PUT', 'PATCH', 'DELETE']) {
      await steady(CONTRACT_URL, { method: written, headers: pairs });
      await steady(new Request(CONTRACT_URL, { method: written, headers: pairs }));
      const { method } = new Request(CONTRACT_URL, { method: written });
      const sent = asked.splice(0);
      same(sent.length, 2, 'the number of calls of next');
      for (const { request } of sent) {
        same(request.method, method, 'the method');
        same([...request.headers].filter(([name]) => names.includes(name)).join('; '), expected, 'the headers');
      }
    }
    // changes of `call.headers` are not sent, so a middleware must not make them
    const read: [string, string][] = [];
    const reading = defineMiddleware((call, next) => {
      read.push([[...call.headers].join('; '), [...call.with({}).headers].join('; ')]);
      return next(call);
    }, 'reading');
    const outer = readingAll(make()(reading(ok)));
    for (const method of ['GET', 'POST']) {
      await outer(CONTRACT_URL, { method, headers: pairs });
      await outer(new Request(CONTRACT_URL, { method, headers: pairs }));
    }
    for (const [shown, sent] of read) same(shown, sent, 'the headers that a layer inside reads, as they are sent');
  },

  'hands on a relative address': async (make) => {
    const inputs: string[] = [];
    const steady = readingAll(
      make()(async (input) => {
        inputs.push(input instanceof Request ? input.url : String(input));
        return ok();
      }),
    );
    const page = globalThis.location?.href;
    for (const method of ['GET', 'POST']) {
      await steady('/things?q=1', { method });
      const [input, more] = inputs.splice(0);
      const expected =
        page !== undefined && input !== '/things?q=1' ? new URL('/things?q=1', page).href : '/things?q=1';
      same(more ?? input, expected, `the address that next was asked for by a ${method}`);
    }
  },

  'hands on an init of a class, and one that inherits': async (make) => {
    const { fetch, asked } = probe();
    const steady = readingAll(make()(fetch));
    for (const method of ['PUT', 'POST']) {
      class Init {
        get method(): string {
          return method;
        }
        get headers(): Record<string, string> {
          return { 'x-a': '1' };
        }
      }
      await steady(CONTRACT_URL, new Init());
      await steady(CONTRACT_URL, Object.create({ method, headers: { 'x-a': '1' } }));
      for (const { request } of asked.splice(0)) {
        same(`${request.method} ${request.headers.get('x-a')}`, `${method} 1`, 'what next was asked for');
      }
    }
  },

  'lets init take the signal from a Request': async (make) => {
    for (const [method, signal] of [
      ['GET', null],
      ['GET', ending().signal],
      ['POST', null],
      ['POST', ending().signal],
    ] as const) {
      const { fetch } = probe();
      const request = new Request(CONTRACT_URL, { method, signal: AbortSignal.abort() });
      const outcome = await inTime(settle(make()(fetch)(request, { signal })), MAX_WAIT_MS);
      same(statusOf(outcome), 200, `the status of a call whose signal is ${signal && 'another'}`);
    }
  },

  'hands on the members of init and of a Request': async (make) => {
    const calls = [MEMBERS, { ...MEMBERS, method: 'POST' }].flatMap((init) => asInitAndAsRequest(init));
    for (const args of calls) {
      const { fetch, asked } = probe();
      await make()(fetch)(...args());
      const expected = new Request(...args());
      const copied = new Request(expected); // the probe copies a Request in the same way
      const claim = ({ request, input }: Asked, when = '') => {
        for (const name of Object.keys(MEMBERS) as (keyof typeof MEMBERS)[]) {
          // a copied Request may lose a member (undici: referrerPolicy); a middleware may keep it
          if (request[name] === MEMBERS[name]) continue;
          same(
            request[name],
            (input instanceof Request ? copied : expected)[name],
            `${name} of what next was asked for${when}`,
          );
        }
      };
      same(asked.length, 1, 'the number of calls of next');
      claim(asked[0]!);
      for (const { when, asked: all } of await askedAgain(make, (steady, signal) => steady(...args(signal)))) {
        for (const one of all) claim(one, ` ${when}`);
      }
    }
  },

  'hands on by reference what a Request cannot hold': async (make) => {
    const { fetch, asked } = probe();
    const extra = { dispatcher: {}, cf: { cacheTtl: 1 }, next: { revalidate: 1 } };
    const given = extra as RequestInit;
    const repeated = ['GET', 'POST'].map(async (method) => {
      await make()(fetch)(CONTRACT_URL, { ...given, method });
      await make()(fetch)(new Request(CONTRACT_URL, { method }), given);
      return askedAgain(make, (steady, signal) => steady(CONTRACT_URL, { ...given, method, signal }));
    });
    for (const { when, asked: sent } of [{ when: 'at first', asked }, ...(await Promise.all(repeated)).flat()]) {
      for (const { init } of sent) {
        for (const name of ['dispatcher', 'cf', 'next'] as const) {
          same((init as typeof extra | undefined)?.[name], extra[name], `init.${name} ${when}`);
        }
      }
    }
  },

  'builds no Request and clones nothing for a plain call': async (make) => {
    const steady = readingAll(make()(async () => Response.json('ok')));
    const failing = make()(async () => Response.json('failed', { status: 500 }));
    const refusing = make()(async () => Response.json('invalid', { status: 422 }));
    const calls = async () => {
      await steady(CONTRACT_URL);
      await steady(CONTRACT_URL, { method: 'POST', body: 'x', headers: { 'x-a': '1' } });
      // a middleware may throw for a status
      await settle(failing(CONTRACT_URL, { method: 'POST', body: 'x' }));
      await settle(refusing(CONTRACT_URL, { method: 'POST', body: 'x' }));
    };
    // other checks wait for this one, so it must end
    let isOver: true | undefined;
    const copies = await countCopies(async () => {
      const over = calls().then(() => true as const);
      isOver = await inTime(over, 2 * MAX_WAIT_MS); // a rate limiter may delay each call
    });
    same(copies, 0, 'the number of requests built and messages cloned');
    same(isOver, true, 'whether plain calls end, also one that gets a 500');
  },
};

/** A URL without its origin, since a middleware may repeat the call at another host. */
function targetOf(url: string): string {
  return url.replace(/^https:\/\/[^/]*/, '');
}

/** Whether the environment's `Request` accepts a method. */
function isMethod(method: string): boolean {
  try {
    return Boolean(new Request(CONTRACT_URL, { method }));
  } catch {
    return false;
  }
}
