import { inBrowser } from '@steadfetch/core/kit';
import { isCutOff } from './is-cut-off.ts';
import { NetworkError } from './network-error.ts';
import { promisedLength } from './promised-length.ts';
import type { Chunk } from './read-body.ts';

export type Validate = 'content-length' | 'json' | false;

/**
 * Throws for a body that ended early although no error said so. One that is whole but wrong is no network error. The
 * length of a response that a script may have made is not compared: it may have another body and the same fields.
 */
export function checkBody(response: Response, bytes: Chunk, validate: Validate): void {
  if (validate === false) return;
  const promised = promisedLength(response);
  if (promised !== undefined && promised !== bytes.byteLength && !mayBeMade(response)) {
    throw new NetworkError(`the body has ${bytes.byteLength} bytes, Content-Length promised ${promised}`);
  }
  if (validate === 'json' && promised !== 0 && isJson(response) && isBroken(bytes)) {
    throw new NetworkError(`the body is JSON that ends early, after ${bytes.byteLength} bytes`);
  }
}

/**
 * By a layer below, whose response has no URL; or by the service worker of a page, whose response looks like one of the
 * network. A browser compares the length by itself.
 */
function mayBeMade({ url }: Response): boolean {
  return url === '' || inBrowser();
}

function isJson({ headers }: Response): boolean {
  return /[/+]json\s*(?:;|$)/i.test(headers.get('content-type') ?? '');
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
