import { expect, it, vi } from 'vitest';
import { importSnippet } from './import-snippet.ts';

it('the stack for a bot sends its token, and logs none', async () => {
  const sent: unknown[] = [];
  vi.stubEnv('TELEGRAM_TOKEN', '7342891:AAHk3jf8GfFgq0pL');
  const server: typeof fetch = async (input) => {
    sent.push(input);
    return new Response(null, { status: sent.length === 1 ? 503 : 200 });
  };
  const { whoAmI } = await importSnippet<{ whoAmI(): Promise<Response> }>('recipes-apis.md', 'TELEGRAM_TOKEN', server);
  const info = vi.spyOn(console, 'info').mockReturnValue(undefined);

  const answer = whoAmI();
  await vi.advanceTimersByTimeAsync(5_000);

  expect((await answer).status).toBe(200);
  expect(sent).toEqual(Array(2).fill('https://api.telegram.org/bot7342891:AAHk3jf8GfFgq0pL/getMe'));
  const lines = JSON.stringify([vi.mocked(console.warn).mock.calls, info.mock.calls]);
  expect(lines).toContain('https://api.telegram.org/bot/getMe failed with 503');
  expect(lines).not.toContain('7342891');
  vi.unstubAllEnvs();
});
