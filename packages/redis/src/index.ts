export type { BunRedisLike, IoredisLike, NodeRedisLike, RedisClient, SendCommand, UpstashLike } from './clients.ts';
export { type RedisStore, type RedisStoreOptions, redisStore, redisStoreOptions } from './redis-store.ts';
