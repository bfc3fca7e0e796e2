import { retryStore } from '@steadfetch/react';
import { compose, constant, type Fetch, observe, retry } from 'steadfetch';

/** Plays the server: answers the first two requests for each report with a 503, and later ones with a 200. */
const server: Fetch = async (input) => {
  const { pathname, searchParams } = new URL(String(input));
  const count = (served.get(String(input)) ?? 0) + 1;
  served.set(String(input), count);
  await new Promise((resolve) => setTimeout(resolve, 400));
  const after = searchParams.get('retry-after');
  if (count > 2) return new Response(`The report ${pathname.slice(1)} is here.`);
  return new Response(null, { status: 503, headers: after === null ? {} : { 'retry-after': after } });
};
const served = new Map<string, number>();

export const retries = retryStore();
export const api = compose(observe(retries), retry({ delay: constant(3_000) }))(server);
