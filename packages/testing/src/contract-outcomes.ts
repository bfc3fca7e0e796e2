import { type Fetch, settle } from '@steadfetch/core';
import { CONTRACT_URL, type ContractCheck, errorOf, failureOf, same } from './contract-claim.ts';
import { endless, probe, watchListeners } from './contract-probe.ts';
import { macrotask } from './macrotask.ts';

/** What comes back to the caller. */
export const outcomeChecks: Readonly<Record<string, ContractCheck>> = {
  'gives the response of next itself': async (make) => {
    const response = new Response('ok');
    same(await make()(async () => response)(CONTRACT_URL), response, 'the response');
  },

  'rejects with the error of next itself': async (make) => {
    for (const error of [new Error('rejected'), { odd: true }]) {
      same(await failureOf(make()(() => Promise.reject(error))(CONTRACT_URL)), error, 'the error');
    }
  },

  'rejects when next throws instead of rejecting': async (make) => {
    const error = new Error('thrown');
    const next: Fetch = () => {
      throw error;
    };
    const steady = make()(next);
    // One that hands back next itself does nothing that could be wrong.
    if (steady === next) return;
    same(await failureOf(called(steady)), error, 'the error');
  },

  "rejects with the caller's abort reason": async (make) => {
    for (const reason of [{ by: 'caller' }, 'enough', null, new Error('stop')]) {
      const steady = make()(endless);
      await abortsWith(reason, (signal) => steady(CONTRACT_URL, { signal }));
      await abortsWith(reason, (signal) => steady(new Request(CONTRACT_URL, { signal })));
      same(
        await failureOf(steady(CONTRACT_URL, { signal: AbortSignal.abort(reason) })),
        reason,
        'the reason from before',
      );
    }
  },

  "leaves no listener on the caller's signal": async (make) => {
    const ends: [string, Fetch][] = [
      ['after a response', probe().fetch],
      ['after an error', () => Promise.reject(new Error('rejected'))],
    ];
    for (const [when, next] of ends) {
      const { signal } = new AbortController();
      const listeners = watchListeners(signal);
      const end = make()(next)(CONTRACT_URL, { signal });
      await end.then((response) => response.text()).catch(() => {});
      await macrotask();
      same(listeners.count, 0, `the number of listeners ${when}`);
    }
  },
};

function called(steady: Fetch): Promise<Response> {
  try {
    return steady(CONTRACT_URL);
  } catch {
    throw new Error('expected the call to reject, but it threw what next threw');
  }
}

async function abortsWith(reason: unknown, call: (signal: AbortSignal) => Promise<Response>): Promise<void> {
  const controller = new AbortController();
  const end = settle(call(controller.signal));
  await macrotask();
  controller.abort(reason);
  same(errorOf(await end), reason, 'the reason');
}
