import { isRecord, jsonText } from './json'

/** The value as JSON for a message: without the API key and what `mask` hides, and cut to 120 characters. */
export function quoted(value: unknown, apiKey = '', mask = (text: string): string => text): string {
  const text = mask(withoutKey(jsonText(value) ?? 'a value that is nested too deeply', apiKey))
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}

/** A shorter text is no API key: masking it would replace parts of words in messages. */
export const SHORTEST_KEY = 8

/** What a key of Loops looks like: 32 hexadecimal digits. */
const LOOPS_KEY = /[0-9a-f]{32,}/gi

/** A key of PostHog: a personal one (`phx_`), a secret one (`phs_`), or that of a project. Many names begin with `phx_`. */
const POSTHOG_KEY = /\bph[cxs]_[a-z0-9]{16,}/gi

/** True if the setting contains the API key, or is nothing but a text that looks like one. */
export function holdsKey(text: string, apiKey: string): boolean {
  const isLikeKey = text !== '' && text.replace(LOOPS_KEY, '') === ''
  return isLikeKey || withoutKey(text, apiKey) !== text
}

/** True if the text contains what looks like a key of PostHog. */
export function holdsPosthogKey(text: string): boolean {
  return text.replace(POSTHOG_KEY, '') !== text
}

/** Replaces what looks like a key of PostHog or Loops by `[API key]`. */
export function withoutLikelyKeys(text: string): string {
  return text.replace(POSTHOG_KEY, '[API key]').replace(LOOPS_KEY, '[API key]')
}

/**
 * Masks a text that comes from Loops, PostHog or the network before it is logged: the API key, email addresses, the queries
 * of URLs (they may name a person or hold PostHog's token), and line breaks, which could forge a second log line.
 */
export function withoutSecrets(text: string, apiKey: string): string {
  const withoutQueries = withoutKey(text, apiKey).replace(/https?:\/\/\S+/gi, withoutQuery)
  return onOneLine(withoutQueries.replace(/[^\s"'<>]+/g, withoutEmail))
}

function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? ''
}

/** Masks a whole word, which the pattern above reads once: a pattern for an email would begin again at each character. */
function withoutEmail(word: string): string {
  return /.(@|%40)./.test(word) ? '[email]' : word
}

/** Replaces the API key by `[API key]`, whatever its case: some settings are read in lower case. Keeps a text that is too short. */
export function withoutKey(text: string, apiKey: string): string {
  return apiKey.length < SHORTEST_KEY
    ? text
    : text.replace(new RegExp(apiKey.replace(/\W/g, '\\$&'), 'gi'), '[API key]')
}

/** Replaces line breaks and other control characters by spaces. */
export function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

/** The message of a thrown error; any other thrown value as text. */
export function messageOf(error: unknown): string {
  return isRecord(error) && typeof error.message === 'string' ? error.message : String(error)
}
