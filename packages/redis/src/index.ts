export type { IoredisLike, NodeRedisLike, RedisClient, SendCommand, UpstashLike } from './clients.ts';
export { type RedisStore, type RedisStoreOptions, redisStore } from './redis-store.ts';
