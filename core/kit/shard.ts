/** Which shard owns a key: FNV-1a over its UTF-16 units, the same in every process. */
export const shardOf = (key: string, shards: number): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % shards
}
