import type { Field } from './field'
import { parseList } from './lists'
import { isEmail } from '../loops/values'

/** The entries of the setting in lower case: `ada@example.org`, `example.com`, and `*.example.com` for all below, too. */
export type ExcludedEmails = ReadonlySet<string>

/**
 * Reads emails, domains (`example.com`, `@example.com`, `*@example.com`) and domains with all domains below them
 * (`*.example.com`). Any other entry is rejected.
 */
export function parseExcludedEmails(field: Field): ExcludedEmails {
  const entries = parseList(field, '["example.com", "ada@example.org"]') ?? []
  return new Set(
    entries.map((written) => {
      const entry = written.trim().toLowerCase()
      const domain = entry.replace(/^\*?@/, '')
      if (entry.startsWith('www.')) field.reject(written, `is the name of a web page: ${remedyFor(entry)}`)
      if (isDomain(domain) || isDomain(entry.replace(/^\*\./, ''))) return domain
      if (!isAddress(entry)) field.reject(written, `is neither an email nor a domain: ${remedyFor(entry)}`)
      return entry
    }),
  )
}

/** True if the setting lists the email, its domain, or a domain above it with all below; ignores case. */
export function isExcluded(excluded: ExcludedEmails, email: string): boolean {
  if (excluded.size === 0) return false
  const address = email.toLowerCase()
  const domain = address.slice(address.indexOf('@') + 1)
  const labels = domain.split('.')
  return (
    excluded.has(address) ||
    excluded.has(domain) ||
    labels.some((_, index) => excluded.has(`*.${labels.slice(index).join('.')}`))
  )
}

function isDomain(text: string): boolean {
  return DOMAIN.test(text)
}

/** True for an email that is not a pattern: without `*` and `%`, and with a letter, a digit or `_` at its beginning. */
function isAddress(text: string): boolean {
  return isEmail(text) && /^[\p{L}\p{N}_][^*%]*$/u.test(text) && isDomain(text.slice(text.indexOf('@') + 1))
}

const DOMAIN = /^(?:[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_-]*[\p{L}\p{N}\p{M}_])?\.)+(?=[^.]*\p{L})[\p{L}\p{N}\p{M}-]{2,}$/u

/** What to write instead of an entry, from the email or the domain in it. */
function remedyFor(written: string): string {
  const entry = written.replace(/\bwww\./g, '')
  const examples = 'write ada@example.org, example.com or *.example.com'
  if (entry.length > 300) return examples
  const [address] = /[\p{L}\p{N}_][\p{L}\p{N}_.+-]*@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/u.exec(entry) ?? []
  if (address !== undefined && isAddress(address)) return `write ${address}`
  const [domain] = /[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/u.exec(entry) ?? []
  if (domain === undefined || !isDomain(domain)) return examples
  const isPattern = /[*%.]/.test(entry.slice(0, entry.indexOf(domain)))
  return isPattern ? `write *.${domain} for ${domain} and all domains below it` : `write ${domain}`
}
