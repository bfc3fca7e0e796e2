import { compose, defineMiddleware, drain, mount, observe, online, when } from '@steadfetch/core';
import { instantClock, middlewareContract } from '@steadfetch/testing';

const plain = () => defineMiddleware((call, next) => next(call));

middlewareContract(plain, { name: 'a handler that only calls next' });
middlewareContract(() => compose(plain(), plain()), { name: 'compose' });
middlewareContract(() => drain(), { name: 'drain' });
middlewareContract(() => observe(() => {}), { name: 'observe' });
middlewareContract(() => online(), { name: 'online' });
middlewareContract(() => online({ isOnline: () => false, clock: instantClock() }), {
  name: 'online, while the browser says that it is offline',
});
middlewareContract(() => when(() => true, plain()), { name: 'when' });
middlewareContract(() => mount({ 'https://': plain(), 'http://': plain() }), { name: 'mount' });
