import { isRecord, jsonText } from './json'

/** A value as it may stand in a message: without the key, and not much longer than needed to recognise it. */
export function quoted(value: unknown, apiKey = ''): string {
  const text = withoutKey(jsonText(value) ?? 'what is nested too deeply', apiKey)
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}

export function messageOf(error: unknown): string {
  return isRecord(error) && typeof error.message === 'string' ? error.message : String(error)
}

/**
 * What comes from outside may hold the key, an address, a URL whose query names a person or PostHog's token, or line breaks
 * that would forge a second log line.
 */
export function withoutSecrets(text: string, apiKey: string): string {
  const withoutQueries = withoutKey(text, apiKey).replace(/(https?:\/\/[^\s?]*)\?\S*/gi, '$1')
  return onOneLine(withoutQueries.replace(/[^\s"'<>]+(@|%40)[^\s"'<>]+/gi, '[email]'))
}

export function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}

export function withoutKey(text: string, apiKey: string): string {
  // In whatever capitals, as some settings are read without them.
  return apiKey === '' ? text : text.replace(new RegExp(apiKey.replace(/\W/g, '\\$&'), 'gi'), '[API key]')
}
