import { retry as middleware, type RetryOptions } from '@steadfetch/retry';
import { fakeFetch, instantClock, type Script } from '@steadfetch/testing';
import ky, { type AfterResponseHook, type BeforeErrorHook, type BeforeRequestHook, type Options } from 'ky';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { retry, use } from '../src/index.ts';
import { outcomeOf, URL } from './client.ts';

type RetryOption = Exclude<Options['retry'], number | undefined>;

const ways: Record<string, (options: RetryOptions) => Options> = {
  'retry()': (options) => ({ hooks: retry(options) }),
  'use(retry())': (options) => use(middleware(options)),
};

/** Hands options on with another `retry`. */
const changing =
  (change: object) =>
  ({ retry, ...others }: Options): Options => ({ ...others, retry: { ...(retry as object), ...change } });

/** A hook may call again itself, with the options that it is given: `api(request, options)`. */
describe.each(Object.entries(ways))(
  'options that a hook hands on to another call of an instance with %s',
  (_, made) => {
    const refreshing = (script: Script, options: Options = {}, handOn = (given: Options): Options => given) => {
      const clock = instantClock();
      const fetch = fakeFetch(script);
      vi.stubGlobal('fetch', fetch);
      onTestFinished(() => void vi.unstubAllGlobals());
      const refresh: AfterResponseHook = ({ request, options, response }) =>
        response.status === 401 ? api(request.url, handOn(options as Options)) : undefined;
      const api = ky
        .create(made({ clock, random: () => 0 }))
        .extend({ ...options, hooks: { afterResponse: [refresh] } });
      return { api, fetch, clock };
    };

    it('repeat what those of the first call do', async () => {
      const { api, fetch, clock } = refreshing([401, 503, 503, 200]);

      expect((await api.get(URL)).status).toBe(200);
      expect(fetch.calls).toHaveLength(4);
      expect(clock.sleeps).toEqual([300, 600]);
    });

    it.each([
      ['nothing', {}, 4],
      ['a limit of 0', { limit: 0 }, 2],
    ] as const)(
      'repeat it also where no hook sees responses, and the first body was a stream; changed: %s',
      async (_, change, requests) => {
        const { fetch } = refreshing([401, 503, 503, 200]);
        const clock = instantClock();
        const refresh: BeforeErrorHook = async ({ error, options: { body, method, ...others } }) => {
          await api(`${URL}/token`, changing(change)(others as Options)).catch(() => {});
          return error;
        };
        const api = ky.create(made({ clock }));
        const body = new Blob(['x']).stream();

        await outcomeOf(api.put(URL, { body, hooks: { beforeError: [refresh] } }));

        expect(fetch.calls).toHaveLength(requests);
      },
    );

    it('repeat it also where the hook sees them before the request', async () => {
      const fetch = fakeFetch([529, 529, 200]);
      vi.stubGlobal('fetch', fetch);
      onTestFinished(() => void vi.unstubAllGlobals());
      const clock = instantClock();
      const inner = ky.create(made({ clock, random: () => 0.5 }));
      const handOn: BeforeRequestHook = ({ request, options }) => inner(request.url, options as Options);

      expect((await inner.extend({ hooks: { beforeRequest: [handOn] } }).get(URL)).status).toBe(200);
      expect(clock.sleeps).toEqual([450, 900]);
    });

    it.each([{}, { retry: { methods: ['get', 'put'] } }] satisfies Options[])(
      'repeat no POST, with %j',
      async (options) => {
        const { api, fetch } = refreshing([401, 503, 200], options);

        expect((await outcomeOf(api.post(URL))).response.status).toBe(503);
        expect(fetch.calls).toHaveLength(2);
      },
    );

    it.each([{ limit: 0 }, { statusCodes: [500] }, { shouldRetry: () => false }])(
      'may be changed by the hook: %o',
      async (change) => {
        const { api, fetch } = refreshing([401, 503, 200], {}, changing(change));

        expect((await outcomeOf(api.get(URL))).response.status).toBe(503);
        expect(fetch.calls).toHaveLength(2);
      },
    );

    it('repeat no POST where the hook takes the list of methods away', async () => {
      const { api, fetch } = refreshing([401, 503, 200], {}, changing({ methods: undefined } as never));

      expect((await outcomeOf(api.post(URL))).response.status).toBe(503);
      expect(fetch.calls).toHaveLength(2);
    });

    it('may say another condition than the call', async () => {
      const shouldRetry = () => undefined;
      const { api, fetch } = refreshing([401, 503, 200], {}, changing({ shouldRetry }));

      expect((await api.get(URL, { retry: { shouldRetry: () => false } })).status).toBe(200);
      expect(fetch.calls).toHaveLength(3);
    });

    it('may say more with the hook: another delay, and a condition', async () => {
      const change = { delay: () => 50, shouldRetry: () => true };
      const { api, clock } = refreshing([401, 404, 503, 200], {}, changing(change));

      expect((await api.get(URL)).status).toBe(200);
      expect(clock.sleeps).toEqual([50, 50]);
    });

    it.each<RetryOption>([{ shouldRetry: () => true }, { shouldRetry: () => true, delay: () => 50 }])(
      'repeat no POST either where the hook adds a condition: %o',
      async (change) => {
        const { api, fetch } = refreshing([401, 503, 200], {}, changing(change));

        expect((await outcomeOf(api.post(URL))).response.status).toBe(503);
        expect(fetch.calls).toHaveLength(2);
      },
    );

    it('keep what the option of ky says', async () => {
      const shouldRetry = vi.fn(({ error }) => error.response.status === 404);
      const { api, fetch } = refreshing([401, 404, 404, 200], { retry: { limit: 1, shouldRetry } });

      expect((await outcomeOf(api.get(URL))).response.status).toBe(404);
      expect(fetch.calls).toHaveLength(3);
    });

    it('keep what the call says in our words', async () => {
      const { api, fetch } = refreshing([401, 503, 200]);

      const said = { steadfetch: { retry: { maxRetries: 0 } } };
      expect((await outcomeOf(api.get(URL, said))).response.status).toBe(503);
      expect(fetch.calls).toHaveLength(2);
    });

    it.each([0, undefined])('may say %s in place of the option of the call', async (retry) => {
      const { api, fetch } = refreshing([401, 503, 200], {}, (given) => ({ ...given, retry }) as Options);

      expect((await outcomeOf(api.post(URL, { retry: { methods: ['post'] } }))).response.status).toBe(503);
      expect(fetch.calls).toHaveLength(2);
    });
  },
);
