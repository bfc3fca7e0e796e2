import type { Call } from './call.ts';
import { isRequest } from './is-request.ts';

/** The call to send while another send may follow: a `Request` gives its body away, so a clone goes out. */
export function keepBody(call: Call): Call {
  return carriesBody(call) ? call.with({ input: (call.input as Request).clone() }) : call;
}

/** Frees what a clone left unread in the original, and marks it used, as `fetch` would have. */
export function releaseBody(call: Call): void {
  if (!carriesBody(call)) return;
  void (call.input as Request).body?.cancel?.().catch(() => {});
}

function carriesBody({ input, init }: Call): boolean {
  if (!isRequest(input) || (init?.body !== undefined && init.body !== null)) return false;
  return input.body !== null && !input.bodyUsed && input.method !== 'GET' && input.method !== 'HEAD';
}
