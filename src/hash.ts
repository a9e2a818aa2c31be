/**
 * A hash of 32 bits (FNV-1a), as eight hexadecimal digits. Loops' keys have 128 bits, so each hash belongs to 2^96 of them:
 * whoever reads PostHog's cache cannot find the key, nor tell whether a guess is right. Two texts in four billion share a hash.
 */
export function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0')
}
