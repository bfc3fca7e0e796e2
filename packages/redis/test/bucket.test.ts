import { afterAll, beforeAll, expect, it } from 'vitest';
import { BUCKET } from '../src/script/bucket.ts';
import { STATE } from '../src/script/state.ts';
import { describeServers, type StoreServer } from './support/servers.ts';

const FIND = `${STATE}${BUCKET}
history = cjson.decode(ARGV[1])
s.most = 200
local rate, burst = bucketOf(tonumber(ARGV[2]), tonumber(ARGV[3]))
return { tostring(rate), tostring(burst) }`;

/** What a bucket of 0.01 a millisecond that holds `burst` accepts at these paces, with a closing after each. As in the test of the model. */
function historyOf(burst: number, closing: number, paces: readonly ((after: number) => number)[], spread = 0) {
  const history: { from: number; to: number; cost: number }[] = [];
  let tokens = burst;
  let now = 0;
  const wait = (ms: number) => {
    now += ms;
    tokens = Math.min(burst, tokens + 0.01 * ms);
  };
  for (const paceAt of paces) {
    const start = now;
    for (; tokens >= 1; wait(1 / paceAt(now - start))) {
      tokens--;
      const at = now + spread * (((0.618 * history.length) % 1) - 0.5);
      history.push({ from: at, to: at, cost: 1 });
    }
    history.push({ from: now, to: now, cost: 0 });
    wait(closing);
  }
  return history.sort((a, b) => a.from - b.from);
}

const FULL_EARLY = historyOf(10, 10_000, [
  (after) => (after < 19_000 ? 0.009 : 0.03),
  () => 0.036,
  (after) => Math.max(0.002, after / 2_000_000),
]);
const SLOW_ANSWERS = historyOf(50, 30_000, [() => 0.03, () => 0.03, () => 0.03], 3_000);

describeServers('the bucket that the script finds', (start) => {
  let server: StoreServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.kill());

  it.each([
    ['is full again long before the server lets calls through', FULL_EARLY, 0.034],
    ['is not faster because the history says nothing against the fastest', SLOW_ANSWERS, 0.0315],
  ])('%s', async (_, history, top) => {
    const [rest, last] = history.filter(({ cost }) => cost === 0).slice(1);

    const found = await server.connect().eval(FIND, 0, JSON.stringify(history), top, last!.from - rest!.from);

    expect(Number((found as string[])[0])).toBeCloseTo(0.01, 3);
  });
});
