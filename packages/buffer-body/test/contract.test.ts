import { middlewareContract } from '@steadfetch/testing';
import { bufferBody } from '../src/index.ts';

middlewareContract(() => bufferBody(), {
  except: ['gives the response of next itself', 'gives a response before its body is there'],
});
