import { OK, refusal } from '../harm/servers.ts';
import type { Server } from '../harm/situation.ts';

/** Answers 503 with a `Retry-After` that ends with the maintenance. */
export function maintenance(from: number, to: number, served: Server = () => OK): () => Server {
  return () => (request) =>
    request.at >= from && request.at < to ? refusal(503, Math.ceil((to - request.at) / 1_000)) : served(request);
}
