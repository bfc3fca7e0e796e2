import ky from 'ky';
import { expect, it, vi } from 'vitest';
import { retry } from '../src/index.ts';

it("a held call whose answers are slow is not ended by ky's timeout, which goes on while it is held", async () => {
  vi.spyOn(console, 'warn').mockReturnValue(undefined); // the budget says that it is spent
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  try {
    const startedAt = Date.now();
    const isDown = () => Date.now() - startedAt < 10_000;
    const fetch = async () => {
      const status = isDown() ? 504 : 200;
      await new Promise((resolve) => setTimeout(resolve, status === 504 ? 5_000 : 100));
      return new Response(null, { status });
    };
    const api = ky.create({ fetch, hooks: retry() });
    const calls: Promise<boolean>[] = [];
    for (let call = 0; call < 100; call++) {
      const ended = api(`https://api.test/${call}`).then(
        () => true,
        () => false,
      );
      calls.push(ended);
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(60_000);

    const succeeded = (await Promise.all(calls)).filter(Boolean);

    expect(succeeded.length).toBe(100);
  } finally {
    vi.useRealTimers();
    vi.restoreAllMocks();
  }
});
