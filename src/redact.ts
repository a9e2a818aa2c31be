import { isRecord, jsonText } from './json'

/** The value as JSON for a message: without the API key, and cut to 120 characters. */
export function quoted(value: unknown, apiKey = ''): string {
  const text = withoutKey(jsonText(value) ?? 'a value that is nested too deeply', apiKey)
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}

/**
 * Masks a text that comes from Loops, PostHog or the network before it is logged: the API key, email addresses, the queries
 * of URLs (they may name a person or hold PostHog's token), and line breaks, which could forge a second log line.
 */
export function withoutSecrets(text: string, apiKey: string): string {
  const withoutQueries = withoutKey(text, apiKey).replace(/(https?:\/\/[^\s?]*)\?\S*/gi, '$1')
  return onOneLine(withoutQueries.replace(/[^\s"'<>]+(@|%40)[^\s"'<>]+/gi, '[email]'))
}

/** Replaces the API key by `[API key]`, whatever its case: some settings are read in lower case. */
export function withoutKey(text: string, apiKey: string): string {
  return apiKey === '' ? text : text.replace(new RegExp(apiKey.replace(/\W/g, '\\$&'), 'gi'), '[API key]')
}

/** Replaces line breaks and other control characters by blanks. */
export function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

/** The message of a thrown error; any other thrown value as text. */
export function messageOf(error: unknown): string {
  return isRecord(error) && typeof error.message === 'string' ? error.message : String(error)
}
