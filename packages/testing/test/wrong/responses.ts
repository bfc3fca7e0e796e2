import { defineMiddleware, discard, type Middleware, onAbort } from '@steadfetch/core';
import { keepBody } from '@steadfetch/core/kit';
import { again } from './repeats.ts';
import { sleep } from './sleep.ts';
import type { WrongMiddlewares } from './table.ts';

export const wrongResponses: WrongMiddlewares = {
  'gives the response of next itself': {
    'builds the answer to a repetition anew': (next) =>
      again(next, async (input, init) => {
        const response = await next(input, init);
        return new Response(response.body, response);
      }),
    'reads what is short, and builds it anew': (next) => async (input, init) => {
      const response = await next(input, init);
      const isShort = Number(response.headers.get('content-length') ?? 10_000) < 1_000;
      return isShort ? new Response(await response.text(), response) : response;
    },
    'throws for an answer after which nothing is left of a quota': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.headers.get('x-ratelimit-remaining') === '0') throw new Error('rate limit exceeded');
      return response;
    },
    'builds one of JSON anew':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        const isJson = response.headers.get('content-type')?.includes('json');
        return isJson ? new Response(JSON.stringify(await response.json()), response) : response;
      },
    'writes on one that has failed':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return response.ok ? response : Object.assign(response, { attempts: 1 });
      },
    'rebuilds it':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return new Response(response.body, response);
      },
    'rebuilds that of a POST':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return call[1]?.method === 'POST' ? new Response(response.body, response) : response;
      },
    'wraps it in a proxy':
      (next) =>
      async (...call) =>
        new Proxy(await next(...call), {}),
    'clones it':
      (next) =>
      async (...call) =>
        (await next(...call)).clone(),
    'writes on it': (next) => async (input, init) => Object.assign(await next(input, init), { attempts: 1 }),
    'takes a header away that it has not': (next) => async (input, init) => {
      const response = await next(input, init);
      response.headers.delete('set-cookie');
      return response;
    },
    'adds a header to it': (next) => async (input, init) => {
      const response = await next(input, init);
      response.headers.set('x-seen', '1');
      return response;
    },
  },
  'gives a response that nobody has read': {
    'reads how long a 429 asks to wait, also where it does not say': defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      if (response.status !== 429 || !call.replayable) return response;
      const seconds = Number(response.headers.get('retry-after')!.trim());
      discard(response);
      await sleep(seconds * 1_000, call.signal);
      return next(call);
    }),
    'sends a POST again after a 429, and leaves the 429 unread': defineMiddleware(async (call, next) => {
      const response = await next(keepBody(call));
      return response.status === 429 && call.method === 'POST' ? next(call) : response;
    }),
    'throws for the 401 of a POST': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 401 && init?.method === 'POST') throw new Error('who are you?');
      return response;
    },
    'tells whoever gets a 429 to wait for a second': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 429 && !response.headers.has('retry-after')) response.headers.set('retry-after', '1');
      if (response.status === 429) response.headers.delete('x-ratelimit-reset');
      return response;
    },
    'throws for a 429': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 429) throw new Error('slow down');
      return response;
    },
    'renews a token and sends a Request that was sent before': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status !== 401) return response;
      await response.text();
      return next(input, init);
    },
    'renews a token as often as it is refused': defineMiddleware(async (call, next) => {
      for (;;) {
        const response = await next(keepBody(call));
        if (response.status !== 401 || !call.replayable) return response;
        discard(response);
      }
    }),
    'leaves the answer unread that a token has run out': (next) => async (input, init) => {
      const response = await next(input instanceof Request ? input.clone() : input, init);
      return response.status === 401 && !(init?.body instanceof ReadableStream) ? next(input, init) : response;
    },
    'reads it': (next) => async (input, init) => {
      const response = await next(input, init);
      await response.text();
      return response;
    },
    'holds its reader': (next) => async (input, init) => {
      const response = await next(input, init);
      response.body!.getReader();
      return response;
    },
    'throws for a 403': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 403) throw new Error('forbidden');
      return response;
    },
    'throws for a GET that has failed': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status >= 500 && init?.method === undefined) throw new Error(`HTTP ${response.status}`);
      return response;
    },
    'sends the body of a Request twice': (next) => async (input, init) => {
      const response = await next(input, init);
      return response.status === 503 && input instanceof Request ? next(input, init) : response;
    },
    'sends a stream twice': (next) => async (input, init) => {
      const response = await next(input, init);
      return response.status === 503 && init?.body instanceof ReadableStream ? next(input, init) : response;
    },
    'leaves the failure unread that it repeats': (next) => async (input, init) => {
      const response = await next(input, init);
      return response.status === 503 && init?.method === undefined && !(input instanceof Request)
        ? next(input, init)
        : response;
    },
    'reads why a GET has failed': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 503) await response.text();
      return response;
    },
  },
  'gives a 404, a 302 and a 204 as any other response': {
    'makes a new one of its body and its status': (next) => async (input, init) => {
      const { body, status } = await next(input, init);
      return new Response(body, { status });
    },
    'makes an object of its headers, which has one cookie': (next) => async (input, init) => {
      const { body, status, headers } = await next(input, init);
      return new Response(body, { status, headers: Object.fromEntries(headers) });
    },
    'makes a text of a file': (next) => async (input, init) => {
      const response = await next(input, init);
      return response.body ? new Response(await response.text(), response) : response;
    },
    'keeps the slot of one without a body': (next) => {
      let free = 5;
      return async (input, init) => {
        if (free === 0) await sleep(60_000, init?.signal);
        free--;
        const response = await next(input, init).finally(() => free++);
        if (response.ok && !response.body) free--;
        return response;
      };
    },
    'opens a circuit after five that the caller got wrong': counting(({ status }) => status > 404 || status === 400),
    'opens a circuit after five that have not changed': counting(({ status }) => status === 304),
    'throws for an opaque answer': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 0) throw new Error('HTTP 0');
      return response;
    },
    'takes an opaque answer for a failure, and repeats it': (next) => async (input, init) => {
      const response = await next(input, init);
      return response.status === 0 ? next(input, init) : response;
    },
    'asks for what was made': (next) => async (input, init) => {
      const response = await next(input, init);
      return response.status === 201 ? next(new URL(response.headers.get('location')!, String(input))) : response;
    },
    'follows a redirect that keeps the method': (next) => async (input, init) => {
      const response = await next(input, init);
      const to = response.status === 307 && response.headers.get('location');
      return to ? next(new URL(to, String(input)), init) : response;
    },
    'throws for a part': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.status === 206) throw new Error('HTTP 206');
      return response;
    },
    'follows a redirect that the caller wants to see': (next) => async (input, init) => {
      const response = await next(input, init);
      const to = response.status === 302 && response.headers.get('location');
      return to ? next(new URL(to, String(input)), init) : response;
    },
    'opens a circuit after five of them': (next) => {
      let failures = 0;
      return async (...call) => {
        if (failures >= 5) throw new Error('open');
        const response = await next(...call);
        failures = response.ok ? 0 : failures + 1;
        return response;
      };
    },
    'throws for it':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        return response;
      },
    'reads its body for a message':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (!response.ok) console.debug(await response.text());
        return response;
      },
    'asks once more for it':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return response.ok ? response : next(...call);
      },
    'gives nothing in its place':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return response.ok ? response : new Response(null, { status: 204 });
      },
    'throws for a 400':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status === 400) throw new Error(`HTTP ${response.status}`);
        return response;
      },
    'reads in a 422 what is wrong':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status === 422) throw new Error(`HTTP ${response.status}`, { cause: await response.text() });
        return response;
      },
    'throws for what is gone, or has changed':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status === 410 || response.status === 412) throw new Error(`HTTP ${response.status}`);
        return response;
      },
    'throws for what has not changed':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status === 304) throw new Error('HTTP 304');
        return response;
      },
    'throws for a redirect':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status >= 300 && response.status < 400) throw new Error(`HTTP ${response.status}`);
        return response;
      },
    'gives nothing for a response without a body':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return response.status === 204 ? (null as unknown as Response) : response;
      },
  },
  'gives a response before its body is there': {
    'reads the good answer to a repetition': (next) =>
      again(next, async (input, init) => {
        const response = await next(input, init);
        return response.ok ? new Response(await response.text(), response) : response;
      }),
    'stops to listen to the caller once a repetition is answered': (next) =>
      again(next, async (input, init) => {
        const controller = new AbortController();
        const release = onAbort(init?.signal ?? undefined, (reason) => controller.abort(reason));
        return next(input, { ...init, signal: controller.signal }).finally(release);
      }),
    'waits for a copy of a text': (next) => async (input, init) => {
      const response = await next(input, init);
      if (response.headers.get('content-type')?.startsWith('text/')) await response.clone().text();
      return response;
    },
    'waits for a copy of what is JSON':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.headers.get('content-type')?.includes('json')) console.debug(await response.clone().json());
        return response;
      },
    'stops to listen to the caller once there is a response': (next) => async (input, init) => {
      const signal = init?.signal;
      if (!signal) return next(input, init);
      const controller = new AbortController();
      const abort = () => controller.abort(signal.reason);
      signal.addEventListener('abort', abort);
      try {
        return await next(input, { ...init, signal: controller.signal });
      } finally {
        signal.removeEventListener('abort', abort);
      }
    },
    'reads it first':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return new Response(await response.arrayBuffer(), response);
      },
    'waits for a copy of it':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        await response.clone().text();
        return response;
      },
    'waits for a copy of a failure':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (!response.ok) console.warn(await response.clone().text());
        return response;
      },
    'waits for a copy of what the server finds invalid':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        if (response.status >= 400 && response.status < 500) console.warn(await response.clone().text());
        return response;
      },
    'reads along':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        const [body, copy] = response.body!.tee();
        void new Response(copy).text().catch(() => {});
        return new Response(body, response);
      },
    'leaves what is cancelled open':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return new Response(piped(response.body!, { error: (stream, error) => stream.error(error) }), response);
      },
  },
  'tells of a body that breaks off': {
    'goes on with the rest of a newer version': (next) => async (input, init) => {
      const response = await next(input, init);
      if (init?.method === 'POST' || !response.headers.has('etag')) return response;
      const { readable, writable } = new TransformStream();
      const rest = async () => {
        const part = await next(input, { ...init, headers: { range: 'bytes=5-' } });
        return part.status === 206 ? part.body!.pipeTo(writable) : writable.abort(new TypeError('not a part'));
      };
      void response
        .body!.pipeTo(writable, { preventAbort: true })
        .catch(rest)
        .catch(() => {});
      return new Response(readable, response);
    },
    'keeps what has come of it for the next call': (next) => {
      let kept = '';
      return async (input, init) => {
        if (kept) return new Response(kept);
        const response = await next(input, init);
        if (init?.method === 'POST' || !response.headers.has('etag')) return response;
        const decoder = new TextDecoder();
        const noting = new TransformStream({
          transform: (chunk, stream) => {
            kept += decoder.decode(chunk);
            stream.enqueue(chunk);
          },
        });
        return new Response(response.body!.pipeThrough(noting), response);
      };
    },
    'ends it':
      (next) =>
      async (...call) => {
        const response = await next(...call);
        return new Response(piped(response.body!, { error: (stream) => stream.close() }), response);
      },
    'ends that of a GET': (next) => async (input, init) => {
      const response = await next(input, init);
      if (init?.method === 'POST') return response;
      return new Response(piped(response.body!, { error: (stream) => stream.close() }), response);
    },
    'takes it for broken where its length is not the one told': (next) => async (input, init) => {
      const response = await next(input, init);
      const told = response.headers.get('content-length');
      if (told === null) return response;
      const bytes = await response.arrayBuffer();
      if (init?.method === 'HEAD' || bytes.byteLength === Number(told)) return new Response(bytes, response);
      throw new Error('the body is not whole');
    },
    'takes that of a HEAD for broken': (next) => async (input, init) => {
      const response = await next(input, init);
      const told = Number(response.headers.get('content-length'));
      if (response.body || told === 0) return response;
      throw new Error('the body is not whole');
    },
    'goes on with the whole body of a second answer': (next) => async (input, init) => {
      const response = await next(input, init);
      if (init?.method === 'POST') return response;
      const { readable, writable } = new TransformStream();
      const rest = async () => (await next(input, init)).body!.pipeTo(writable);
      void response
        .body!.pipeTo(writable, { preventAbort: true })
        .catch(rest)
        .catch(() => {});
      return new Response(readable, response);
    },
  },
};

/** A circuit that opens after five answers in a row that fail, and stays so. */
function counting(isFailure: (response: Response) => boolean): Middleware {
  return (next) => {
    let failures = 0;
    return async (...call) => {
      if (failures >= 5) throw new Error('open');
      const response = await next(...call);
      failures = isFailure(response) ? failures + 1 : 0;
      return response;
    };
  };
}

/** A body that hands on what it is asked for, and does not hear that it is cancelled. */
function piped(
  body: ReadableStream,
  { error: failed }: { error(stream: ReadableStreamDefaultController, error: unknown): void },
): ReadableStream {
  const reader = body.getReader();
  const pull = async (stream: ReadableStreamDefaultController) => {
    try {
      const { done, value } = await reader.read();
      if (done) stream.close();
      else stream.enqueue(value);
    } catch (error) {
      failed(stream, error);
    }
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}
