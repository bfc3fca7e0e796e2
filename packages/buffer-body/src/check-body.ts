import { readField } from '@steadfetch/core/kit';
import { NetworkError } from './network-error.ts';
import type { Chunk } from './read-body.ts';

export type Validate = 'content-length' | 'json' | false;

/** Throws for a body that ended early without an error. A body that is complete but wrong does not count as broken. */
export function checkBody(response: Response, bytes: Chunk, validate: Validate): void {
  const promised = validate === false ? undefined : promisedLength(response);
  if (validate === 'content-length' && promised !== undefined && promised !== bytes.byteLength) {
    throw new NetworkError(`the body has ${bytes.byteLength} bytes, Content-Length promised ${promised}`);
  }
  if (validate === 'json' && promised !== 0 && isJson(response) && isBroken(bytes)) {
    throw new NetworkError(`the body is JSON that ends early, after ${bytes.byteLength} bytes`);
  }
}

/**
 * Returns how many bytes the body must have; `undefined` without `Content-Length`, or if that may count encoded bytes
 * (RFC 9110 §8.4). A page cannot see the encoding of a cross-origin response.
 */
function promisedLength({ headers, type }: Response): number | undefined {
  if (type === 'cors' || !/^(?:identity)?$/i.test(readField(headers, 'content-encoding') ?? '')) return undefined;
  if (headers.has('transfer-encoding')) return undefined;
  const length = readField(headers, 'content-length') ?? '';
  return /^\d+$/.test(length) ? Number(length) : undefined;
}

/** Whether the whole body is JSON. A part of a file (206) may end anywhere. */
function isJson({ headers, status }: Response): boolean {
  return status !== 206 && /[/+]json\s*(?:;|$)/i.test(readField(headers, 'content-type') ?? '');
}

function isBroken(bytes: Chunk): boolean {
  const text = new TextDecoder().decode(bytes);
  try {
    JSON.parse(text);
    return false;
  } catch {
    return isCutOff(text);
  }
}

/** Whether a text that is not valid JSON ends early: it is blank, or ends inside a string or an open bracket. */
export function isCutOff(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (const [token] of text.matchAll(/\\.|["[\]{}]/gs)) {
    if (token === '"') inString = !inString;
    else if (inString) continue;
    else if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
  }
  return inString || depth > 0 || text.trim() === '';
}
