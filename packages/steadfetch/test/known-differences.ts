import type { KnownDifference, Seen } from './transparency.ts';

const withCaller = (seen: Seen, facts: Record<string, unknown>): Seen => ({
  ...seen,
  caller: { ...seen.caller, ...facts },
});

/** The differences from a bare fetch without failures, and their reasons: the rows of docs/transparency.md. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    row: 'A POST or PATCH has an `Idempotency-Key`',
    without: (ours) => ({ ...ours, server: ours.server.map(withoutKey) }),
  },
  {
    row: 'A view on shared memory is sent as bytes',
    without: (ours, bare, { body }) => (body?.kind === 'shared' ? { ...ours, server: bare.server } : ours),
  },
  {
    row: 'An invalid call with an aborted signal rejects with the abort reason',
    without: (ours, bare) => {
      const aborted =
        ours.caller.error === 'Error Error: the reason' && String(bare.caller.error).startsWith('TypeError');
      return aborted ? withCaller(ours, { error: bare.caller.error }) : ours;
    },
  },
  {
    row: 'If `fetch` refuses a call, its `Request` counts as used',
    without: (ours, bare) => {
      const refused = bare.caller.error !== undefined && ours.caller.requestUsed === true;
      return refused ? withCaller(ours, { requestUsed: bare.caller.requestUsed }) : ours;
    },
  },
];

function withoutKey(request: unknown): unknown {
  const { headers, ...rest } = request as { headers: Record<string, string>; method: string };
  if (!/^(?:POST|PATCH|GET)$/i.test(rest.method)) return request;
  const { 'idempotency-key': key, ...others } = headers; // a GET that a redirect made of a POST has it too
  return { ...rest, headers: others };
}
