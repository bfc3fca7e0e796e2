import { compose, defineMiddleware, mount, observe, when } from '@steadfetch/core';
import { middlewareContract } from '@steadfetch/testing';

const plain = () => defineMiddleware((call, next) => next(call));

middlewareContract(plain, { name: 'a handler that only calls next' });
middlewareContract(() => compose(plain(), plain()), { name: 'compose' });
middlewareContract(() => observe(() => {}), { name: 'observe' });
middlewareContract(() => when(() => true, plain()), { name: 'when' });
middlewareContract(() => mount({ 'https://': plain(), 'http://': plain() }), { name: 'mount' });
