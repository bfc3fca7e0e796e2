import type { Outcome } from 'steadfetch';
import { classifyError } from 'steadfetch/kit';
import type { Tone } from './theme.ts';

const NAMES: Record<string, string> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'reset',
  UND_ERR_SOCKET: 'cut off',
};

/** A word for what an attempt came to. */
export function nameOf({ response, error, failed }: Outcome): string {
  if (!failed) return String(response.status);
  const { kind, code } = classifyError(error);
  return NAMES[code ?? ''] ?? kind;
}

export function toneOf({ response, failed }: Outcome): Tone {
  if (failed || response.status >= 500) return 'bad';
  return response.status >= 400 ? 'warn' : 'good';
}
