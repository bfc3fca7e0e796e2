import { type Call, redactUrl } from '@steadfetch/core';
import { warnOnce } from '@steadfetch/core/kit';

/** A client that calls hosts made up by others must not fill the console, nor the memory. */
const MAX_SERVERS = 20;
const MAX_LENGTH = 200;
const CONTROLS = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const servers = new Set<string>();

/** Tells the developer once per server that retries are not made, and why: without hooks nothing else would say so. */
export function warnOfSpentBudget({ origin }: Call): void {
  const server = redactUrl(origin).slice(0, MAX_LENGTH).replace(CONTROLS, '?');
  if (servers.has(server) || servers.size >= MAX_SERVERS) return;
  servers.add(server);
  warnOnce(
    `retry() makes no more retries for ${server} for now: its retry budget is spent, since most requests fail. ` +
      'Retries come back when requests succeed. Calls end with their last outcome, and onGiveUp is told the reason ' +
      "'budget'. See retryBudget() for larger reserves, or budget: false for none",
  );
}
