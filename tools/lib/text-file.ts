import { readFileSync } from 'node:fs'
import { messageOf, UsageError } from './usage-error'

/**
 * The text of a file without the byte order mark that Windows programs write first.
 *
 * @throws UsageError if the file cannot be read.
 */
export function readTextFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** Says in one sentence why a file cannot be read. */
export function unreadable(path: string, error: unknown): UsageError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return new UsageError(`There is no file ${path}.`)
  if (code === 'EISDIR') return new UsageError(`${path} is a folder: name a file in it.`)
  if (code === 'EACCES') return new UsageError(`${path} may not be read: its permissions do not allow it.`)
  return new UsageError(`${path} cannot be read: ${messageOf(error)}.`)
}

/**
 * Parses JSON.
 *
 * @param location the file, or the line or event in it.
 * @throws UsageError with the location and the fault, but nothing of the text, which may contain emails or a key.
 */
export function parseJsonAt(location: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${location} ${faultOf(messageOf(error), text)}.`)
  }
}

/** Node.js quotes the text around the fault, and counts from the beginning of it. */
function faultOf(message: string, text: string): string {
  const [, index] = /after JSON at position (\d+)/.exec(message) ?? []
  if (index !== undefined) {
    const rest = text.slice(Number(index))
    return /^,?\s*["[{]/.test(rest)
      ? 'has more than one JSON value: write a single one'
      : `has "${rest.charAt(0)}" after the end of its JSON: remove it`
  }
  const [fault = ''] = message.split(/, "|, \.\.\."| in JSON| at position/)
  return `is not valid JSON: ${fault.toLowerCase().startsWith('unexpected end') ? 'it is cut off' : fault.trim()}`
}
