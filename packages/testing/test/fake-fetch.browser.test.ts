import { expect, it } from 'vitest';
import { fakeFetch } from '../src/server/fake-fetch.ts';

it.each([{ body: 'whole' }, { fault: 'stall-body' }, { fault: 'drip' }, { fault: 'truncate' }] as const)(
  'ends the reading of a body with the reason of the abort, where a stream made by script fails with another error: %o',
  async (reply) => {
    const controller = new AbortController();
    const response = await fakeFetch(reply)('http://api.test/things', { signal: controller.signal });
    const clone = response.clone();

    controller.abort('enough');

    await expect(response.text()).rejects.toBe('enough');
    await expect(clone.text()).rejects.toBe('enough');
  },
);
