import type { ServerResponse } from 'node:http';
import type { Clock } from '@steadfetch/core';
import { pieces, sentBefore } from '../script/fault.ts';
import type { Plan } from '../script/reply.ts';

/** Sends a plan over a connection, including its fault. Resolves when the server has done its part. */
export async function sendPlan(
  plan: Plan,
  response: ServerResponse,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  const { status, body, fault } = plan;
  const socket = response.socket;
  if (!socket || fault === 'stall-headers') return;
  if (plan.error !== undefined || fault === 'reset' || fault === 'refuse') return void socket.resetAndDestroy();
  const length = status === 204 || status === 304 ? {} : { 'content-length': body.length };
  response.writeHead(status, { date: new Date(clock.now()).toUTCString(), ...length, ...plan.headers });
  if (fault === undefined) return void response.end(body);
  if (fault === 'close') return void response.end(body, () => socket.end());
  if (fault === 'drip') return drip(body, response, () => clock.sleep(plan.every, signal));
  await written(response, body.subarray(0, sentBefore(fault, body.length)));
  if (fault === 'truncate') socket.end();
  else if (fault !== 'stall-body') socket.resetAndDestroy();
}

async function drip(
  body: Uint8Array<ArrayBuffer>,
  response: ServerResponse,
  pause: () => Promise<void>,
): Promise<void> {
  response.flushHeaders();
  for (const piece of pieces(body)) {
    await pause();
    response.write(piece);
  }
  response.end();
}

/** Resolves when the headers and the bytes have been written to the socket. */
async function written(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  response.flushHeaders();
  if (bytes.length > 0) await new Promise((resolve) => response.write(bytes, resolve));
  else await new Promise((resolve) => setImmediate(resolve));
}
