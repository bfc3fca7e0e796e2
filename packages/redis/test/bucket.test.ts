import { afterAll, beforeAll, expect, it } from 'vitest';
import { FULL_EARLY, SLOW_ANSWERS } from '../../shared-limit/test/support/history.ts';
import { BUCKET } from '../src/script/bucket.ts';
import { STATE } from '../src/script/state.ts';
import { describeServers, type StoreServer } from './support/servers.ts';

const FIND = `${STATE}${BUCKET}
s = { history = cjson.decode(ARGV[1]), most = 200 }
local rate, burst = bucketOf(tonumber(ARGV[2]), tonumber(ARGV[3]))
return { tostring(rate), tostring(burst) }`;

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
