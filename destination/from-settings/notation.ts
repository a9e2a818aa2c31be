/** The app's templates in the notation of an input: PostHog fills in Hog between braces, where the app fills in placeholders. */
import type { Template } from '../../src/settings/template'
import type { LoopsValue } from '../../src/loops/values'

type Part = Template[number]

/** PostHog's parser takes these names only after a dot. */
const RESERVED = /^(null|nan|inf|infinity|let|fun|fn|while|try|catch|finally|throw)$/i

/** The text of an input for a value of a mapping: it gives the same value, of the same type. */
export function inputText(value: Template | LoopsValue): string {
  return typeof value === 'object' ? value.map(partOfText).join('') : `{${String(value)}}`
}

/** A text of an input that stands for itself: braces and backslashes have a meaning in a template. */
export function literalText(text: string): string {
  return text.replace(/[\\{]/g, (sign) => `\\${sign}`)
}

/** A Hog expression for the template, without braces around it. */
export function hogExpression(template: Template): string {
  const [only, ...others] = template.map(hogPart)
  return only !== undefined && others.length === 0 ? only : `concat(${template.map(hogPart).join(', ')})`
}

/**
 * A Hog expression for an entry of the app's `email` setting. The email that the event itself sets comes before the stored one,
 * which may be older.
 */
export function emailExpression(template: Template): string {
  const [only, ...others] = template
  const isEmail = typeof only === 'object' && only.of === 'person properties' && only.name === 'email'
  return (isEmail && others.length === 0 ? 'event.properties.$set.email ?? ' : '') + hogExpression(template)
}

function partOfText(part: Part): string {
  return typeof part === 'string' ? literalText(part) : `{${hogPart(part)}}`
}

function hogPart(part: Part): string {
  if (typeof part === 'string') return hogLiteral(part)
  switch (part.of) {
    case 'event':
      return `event.${part.field}`
    case 'event properties':
      return property('event.properties', part)
    case 'person properties':
      return property('person.properties', part)
    case 'person id':
      return 'person.id'
  }
}

/** The property of the whole name or, as in the app, the one that its dots lead to. */
function property(root: string, { name, path }: { name: string; path: readonly string[] }): string {
  if (path.length === 1) return root + step(name)
  return `(${root}[${hogLiteral(name)}] ?? ${root}${path.map(step).join('')})`
}

function step(name: string): string {
  return /^[$A-Za-z_][\w$]*$/.test(name) && !RESERVED.test(name) ? `.${name}` : `[${hogLiteral(name)}]`
}

function hogLiteral(text: string): string {
  return `'${text.replace(/[\\']/g, (sign) => `\\${sign}`)}'`
}
