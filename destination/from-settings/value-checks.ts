/** The app's rules for one text of the form: what a text outside braces looks like, and what the braces read. */
import { AROUND_ID, neverGivesAddress, problemOfContact } from '../../src/settings/identity-templates'
import { mistakeOutsideBraces } from '../../src/settings/plain-template'
import { commonMistakeIn } from '../../src/settings/common-mistakes'
import { doubleBracesIn, parseTemplate } from '../../src/settings/template'
import { chainsIn, outsideBraces, partsOf, templateOf } from './hog-text'
import type { Chain, ParseText } from './hog-text'

/** Reports a problem of a value; the problem ends with the remedy. */
export type Reject = (value: unknown, problem: string) => void

const EXAMPLE = '{person.properties.email}'
const SEVERAL_PLACES = '{[person.properties.email, event.properties.email]}'

/** Checks where the email is found. A text with a list in one pair of braces is valid. */
export function checkEmail(text: string, parse: ParseText, reject: Reject): void {
  if (!isTemplate(text, parse, reject)) return
  const outside = outsideBraces(text)
  const template = templateOf(text, parse)
  const mistake = commonMistakeIn(outside) ?? mistakeOutsideBraces(outside)
  if (mistake !== undefined) reject(text, mistake)
  else if (problemOfContact(template) !== undefined) reject(text, `${problemOfContact(template)}: write ${EXAMPLE}`)
  else if (/\},/.test(outside)) {
    reject(text, `has several placeholders between commas: write ${inOnePair(text) ?? SEVERAL_PLACES}`)
  } else if (outside !== '{}' && neverGivesAddress(template)) {
    const list = inOnePair(text) ?? `one pair of braces, or ${SEVERAL_PLACES}`
    reject(text, `has a space or a character that no email has: write ${list}`)
  }
}

/** The placeholders as a list in one pair of braces; `undefined` if there is more than separators between them. */
function inOnePair(text: string): string | undefined {
  const parts = partsOf(text)
  if (parts.some((part) => 'text' in part && !/^(?:[\s,/]|or)*$/i.test(part.text))) return undefined
  // A part may be a list itself.
  const [first = '', ...others] = parts.flatMap((part) =>
    'hog' in part ? part.hog.trim().replace(/^\[(.*)\]$/s, '$1') : [],
  )
  return others.length === 0 ? `{${first}}` : `{[${[first, ...others].join(', ')}]}`
}

/** Checks the user ID. */
export function checkUserId(text: string, parse: ParseText, reject: Reject): void {
  if (!isTemplate(text, parse, reject)) return
  const remedy = 'write {event.distinct_id}, or leave it empty to send no user ID'
  const outside = outsideBraces(text)
  const problem = problemOfContact(templateOf(text, parse))
  const mistake = commonMistakeIn(outside) ?? mistakeOutsideBraces(outside)
  if (mistake !== undefined) reject(text, mistake)
  else if (/^\{\s*\[/.test(text) || /\}[\s,]+\{/.test(outside))
    reject(text, `gives several user IDs, but a contact has one: ${remedy}`)
  else if (AROUND_ID.test(outside)) reject(text, `has text around the placeholder: ${remedy}`)
  else if (problem !== undefined) reject(text, `${problem}: ${remedy}`)
}

/** Checks the text of a value: that of a property or of a mailing list. */
export function checkValue(text: string, parse: ParseText, reject: Reject): void {
  if (!isTemplate(text, parse, reject)) return
  const outside = outsideBraces(text)
  const mistake = mistakeOutsideBraces(outside) ?? (isInQuotes(outside) ? commonMistakeIn(outside) : undefined)
  if (mistake !== undefined) reject(text, `${mistake}; to send this text literally, write {${asHog(text)}}`)
}

/** True for a text with quotation marks around it. */
export function isInQuotes(text: string): boolean {
  return /^["'“”„«»`‘’].*["'“”„«»`‘’]$/s.test(text.trim())
}

/** True for a text that is one pair of braces. */
export function isOnePlaceholder(text: string): boolean {
  const [only, ...others] = partsOf(text)
  return others.length === 0 && only !== undefined && 'hog' in only
}

/** The text as one Hog expression, in which only the braces are filled in. */
function asHog(text: string): string {
  const [only = "''", ...others] = partsOf(text).map((part) => ('text' in part ? hogText(part.text) : part.hog.trim()))
  return others.length === 0 ? only : `concat(${[only, ...others].join(', ')})`
}

function hogText(text: string): string {
  return `'${text.replace(/[\\']/g, (sign) => `\\${sign}`)}'`
}

/** True if PostHog accepts the braces of the text, and knows what they read. */
function isTemplate(text: string, parse: ParseText, reject: Reject): boolean {
  const double = doubleBracesIn(text.replace(/\\./gs, ''))
  if (double !== undefined) {
    reject(text, double)
    return false
  }
  try {
    const tree = parse(text)
    const isEscaped = text.includes('\\{')
    if (isEscaped || !outsideBraces(text).replaceAll('{}', '').includes('}'))
      return areKnown(text, chainsIn(tree), reject)
    parseTemplate({ text, reject }, text)
  } catch (error) {
    rejectHog(text, error, reject)
  }
  return false
}

/** Rejects a text that PostHog's parser refuses: by the app's own sentence if the app refuses it, too. */
function rejectHog(text: string, error: unknown, reject: Reject): void {
  const mistake = commonMistakeIn(text)
  const named = ODD_NAME.exec(text)
  if (mistake !== undefined) reject(text, mistake)
  else if (named !== null) reject(text, oddName(named))
  else if (parseTemplate({ text, reject }, text) !== undefined) {
    const reason = error instanceof Error ? error.message.replace(/ expecting .*$/s, '') : 'it cannot be read'
    reject(text, `has invalid Hog between its braces (${reason}): write ${EXAMPLE}`)
  }
}

/** A property whose name Hog takes only between quotes: `{event.properties.account-id}`. */
const ODD_NAME = /\{\s*((?:event|person)\.properties)\.([\w$]+(?:[- ]+[\w$]+)+)\s*\}/

function oddName([, root = '', name = '']: RegExpExecArray): string {
  return `has a name with a hyphen or a space: write {${root}['${name}']}`
}

const GLOBALS: readonly unknown[] = ['event', 'person', 'groups', 'project', 'source', 'inputs']
const FIELDS: Readonly<Record<string, readonly unknown[]>> = {
  event: ['event', 'uuid', 'distinct_id', 'timestamp', 'properties', 'elements_chain', 'url'],
  person: ['id', 'name', 'url', 'properties'],
}

/** PostHog saves any name; the run then fails, or finds nothing. */
function areKnown(text: string, chains: readonly Chain[], reject: Reject): boolean {
  const unknown = chains.find(([root, field]) => {
    const fields = FIELDS[String(root)]
    return !GLOBALS.includes(root) || (fields !== undefined && !fields.includes(field))
  })
  if (unknown === undefined) return true
  const named = ODD_NAME.exec(text)
  // Hog takes what stands between double quotes as a name.
  const mistake = text.includes('"') ? commonMistakeIn(text) : undefined
  const singleQuoted = text.replace(/\["([^"'\\]*)"\]/g, "['$1']")
  if (singleQuoted !== text) reject(text, `has double quotes in braces: write ${singleQuoted}`)
  else if (mistake !== undefined) reject(text, mistake)
  else if (named !== null) reject(text, oddName(named))
  else parseTemplate({ text, reject }, `{${unknown.join('.')}}`)
  return false
}
