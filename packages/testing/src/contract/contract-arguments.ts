import { contentOf } from './contract-bodies.ts';
import { CONTRACT_URL, type ContractCheck, type Make, same } from './contract-claim.ts';
import { askedAgain, ending, ok, probe, readingAll } from './contract-probe.ts';

/** Many middlewares treat only one of these specially. */
const METHODS = ['GET', 'PUT', 'POST'];

/** Checks that the caller's arguments are copied and not changed. */
export const argumentChecks: Readonly<Record<string, ContractCheck>> = {
  'sends what was asked for, whatever the caller changes afterwards': async (make) => {
    await sendsAsAsked(make);
    await sendsAllAsAsked(make);
  },

  "leaves the caller's arguments as they were": async (make) => {
    const { signal, abort } = ending();
    const all = METHODS.flatMap((method): RequestInit[] => {
      const init = { method, ...(method !== 'GET' && { body: 'order' }), signal };
      return [
        { ...init, headers: new Headers({ 'x-a': '1' }) },
        { ...init, headers: { 'x-a': '1' } },
      ];
    });
    const left = all.map(async (init) => {
      const before = { ...init };
      const request = new Request(CONTRACT_URL, init);
      const fields = [...request.headers].join();
      const steady = readingAll(make()(ok));
      await steady(CONTRACT_URL, init);
      await steady(CONTRACT_URL, Object.freeze({ ...init }));
      await steady(request);
      const address = new URL(`${CONTRACT_URL}#part`);
      const requests: Request[] = [];
      await Promise.all([
        askedAgain(make, (again) => again(address, init)),
        askedAgain(make, (again) => again(requests[requests.push(new Request(CONTRACT_URL, init)) - 1]!)),
      ]);
      const members = (one: object) => Reflect.ownKeys(one).map(String).join();
      same(members(init), members(before), `the members of init of a ${init.method}`);
      for (const name of Object.keys(before) as (keyof RequestInit)[]) {
        same(init[name], before[name], `init.${name} of a ${before.method}`);
      }
      same([...new Headers(init.headers)].join(), 'x-a,1', `the headers of init of a ${init.method}`);
      same(address.href, `${CONTRACT_URL}#part`, `the URL of a ${init.method}`);
      for (const { headers } of [request, ...requests]) {
        same([...headers].join(), fields, `the headers of the Request of a ${init.method}`);
      }
    });
    await Promise.all([...left, leavesBodies(make, signal)]).finally(abort);
  },
};

/** The first attempt, after the caller has changed the method of an init or the headers of a `Request`. */
async function sendsAsAsked(make: Make): Promise<void> {
  const { fetch, asked } = probe();
  for (const method of METHODS) {
    const init = { method, headers: { 'x-a': 'asked' } };
    const first = make()(fetch)(CONTRACT_URL, init);
    init.method = 'DELETE';
    await first;
    same(asked.pop()?.method, method, 'the method that next was asked for');
    const request = new Request(CONTRACT_URL, { method, headers: { 'x-a': 'asked' } });
    const call = make()(fetch)(request);
    request.headers.set('x-a', 'changed');
    await call;
    same(
      asked.pop()?.request.headers.get('x-a'),
      'asked',
      `a header of the Request of a ${method} that next was given`,
    );
  }
}

/** The first attempt and its retries, after the caller has changed the URL, the headers and the bytes. */
async function sendsAllAsAsked(make: Make): Promise<void> {
  const isCopied = await copiesBytes();
  for (const method of METHODS) {
    const body = method === 'GET' ? '' : 'asked';
    const all = await askedAgain(make, (again, signal) => {
      const [address, first, order] = [new URL(CONTRACT_URL), { 'x-a': 'asked' }, new TextEncoder().encode(body)];
      const call = again(address, { method, headers: first, ...(body && { body: order }), signal });
      address.searchParams.set('q', 'changed');
      first['x-a'] = 'changed';
      if (isCopied) order.fill(33);
      return call;
    });
    for (const { when, asked: sent } of all) {
      for (const { url: address, headers: given, request: one } of sent) {
        const q = new URL(address).searchParams.get('q'); // a middleware may repeat the call at another host
        const was = `q=${q} x-a: ${given.get('x-a')} ${await one.text()}`;
        same(was, `q=1 x-a: asked ${body}`, `what next was given ${when}`);
      }
    }
  }
}

async function leavesBodies(make: Make, signal: AbortSignal): Promise<void> {
  const form = new FormData();
  form.append('a', 'order');
  const bodies = [form, new URLSearchParams('b=order&a=another'), new TextEncoder().encode('order')];
  const contents = async () =>
    (await Promise.all(bodies.map((body) => contentOf(new Request(CONTRACT_URL, { method: 'PUT', body }))))).join();
  const before = await contents();
  const sent = ['PUT', 'POST'].flatMap((method) =>
    bodies.map((body) => askedAgain(make, (again) => again(CONTRACT_URL, { method, body, signal }))),
  );
  await Promise.all(sent);
  same(await contents(), before, 'the bodies');
}

/** Whether a `Request` copies its bytes. happy-dom's does not: it reads them when it is sent, even without a middleware. */
async function copiesBytes(): Promise<boolean> {
  const bytes = new TextEncoder().encode('asked');
  const request = new Request(CONTRACT_URL, { method: 'PUT', body: bytes });
  bytes.fill(33);
  return (await request.text()) === 'asked';
}
