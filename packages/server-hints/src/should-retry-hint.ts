import { field, type HintedResponse } from './response.ts';

/**
 * What the server says about repeating this request at all: `false` is a veto, `true` an invitation, `undefined` is
 * neither.
 *
 * `false` in any case, alone or in a list, in `X-Should-Retry` or `Stripe-Should-Retry`, is a veto, and so is a
 * negative `grpc-retry-pushback-ms`. A veto wins over everything. Only an exact `true` invites, and it does not make
 * an unsafe method repeatable.
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
