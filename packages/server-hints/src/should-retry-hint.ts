import { field, type HintedResponse } from './response.ts';

/**
 * Whether the server says to repeat the request: `false` forbids it, `true` invites it, `undefined` is neither.
 *
 * The server forbids it by `false` in `X-Should-Retry` or `Stripe-Should-Retry`, in any case, alone or in a list, or by a negative
 * `grpc-retry-pushback-ms`. That overrides everything else. Only an exact `true` invites a repetition, and it does not make an unsafe
 * method repeatable.
 */
export function shouldRetryHint(response: HintedResponse): boolean | undefined {
  const values = ['x-should-retry', 'stripe-should-retry'].map((name) => field(response, name));
  const pushback = field(response, 'grpc-retry-pushback-ms') ?? '';
  if (values.some(isVeto) || /^-[0-9]*[1-9]/.test(pushback)) return false;
  return values.includes('true') || undefined;
}

function isVeto(value: string | undefined): boolean {
  return value !== undefined && value.split(',').some((member) => /^[ \t]*false[ \t]*$/i.test(member));
}
