/**
 * Replaces `@maxmind/geoip2-node`, whose types the scaffold imports and which would bring all of Node's ambient
 * types into the check of `index.ts`.
 */
export type City = Record<string, unknown>
