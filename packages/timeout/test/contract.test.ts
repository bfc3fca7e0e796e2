import { middlewareContract } from '@steadfetch/testing';
import { timeout } from '../src/index.ts';

middlewareContract(() => timeout(5_000));
middlewareContract(() => timeout({ headers: 5_000, body: 5_000 }), {
  name: 'the middleware contract, with a body limit',
  except: ['gives the response of next itself'],
});
