import { readField } from '@steadfetch/core/kit';
import { isCutOff } from './is-cut-off.ts';
import { NetworkError } from './network-error.ts';
import { promisedLength } from './promised-length.ts';
import type { Chunk } from './read-body.ts';

export type Validate = 'content-length' | 'json' | false;

/** Throws for a body that ended early although no error said so. One that is whole but wrong is no network error. */
export function checkBody(response: Response, bytes: Chunk, validate: Validate): void {
  const promised = validate === false ? undefined : promisedLength(response);
  if (validate === 'content-length' && promised !== undefined && promised !== bytes.byteLength) {
    throw new NetworkError(`the body has ${bytes.byteLength} bytes, Content-Length promised ${promised}`);
  }
  if (validate === 'json' && promised !== 0 && isJson(response) && isBroken(bytes)) {
    throw new NetworkError(`the body is JSON that ends early, after ${bytes.byteLength} bytes`);
  }
}

/** A part of a file (206) may end anywhere. */
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
