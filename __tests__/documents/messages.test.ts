import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, sectionOf, textOf } from './setup'

const app = readFileSync(join(root, 'dist/index.js'), 'utf8')
const destination = readFileSync(join(root, 'destination/loops.hog'), 'utf8')

/** The messages in the first column of a document's tables. */
function quoted(document: string): string[] {
  const cells = [...textOf(document).matchAll(/^\| (`.*?`) +\|/gm)].map(([, cell = '']) => cell)
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message))
}

/** What is put between the pieces of a message, and what differs from one message to the next. */
const BETWEEN =
  /…|tries within a day: |\b(?:400|401|429|500)\b|is (?:skipped|not sent): |matches no setting: | \(on| \(at|(?:POST|PUT) |\/v1\/[a-z/]+|: Loops API key: /

function pieces(message: string): string[] {
  return message
    .split(BETWEEN)
    .map((piece) => piece.replace(/^[\s:;.()"]+|[\s:;.()"]+$/g, ''))
    .filter((piece) => piece.length > 3)
}

function startsIn(source: string, pattern: RegExp): string[] {
  return [...source.matchAll(pattern)].map(([, text = '']) => text.trim())
}

describe('docs/troubleshooting.md', () => {
  const messages = quoted('docs/troubleshooting.md').filter((text) => text.includes(' '))

  it.each(messages)('quotes the message as it is written: %s', (message) => {
    // The words of Loops' answer are not ours.
    const ours = message.replace('Multiple contacts found', '')
    expect(pieces(ours).filter((piece) => !app.includes(piece) && !destination.includes(piece))).toEqual([])
  })

  const printed = startsIn(destination, /(?:say|refuse|Error)\((?:concat\()?(?:label, )?'([^']+)'/g)

  // `__tests__/documents/app-messages.test.ts` looks for those of the app.
  it.each([...new Set(printed)])('has every message of the destination: %s', (start) => {
    const isIn = (message: string): boolean =>
      message.includes(start) || (message.endsWith('…') && start.startsWith(message.slice(0, -1)))
    expect(messages.filter(isIn)).not.toEqual([])
  })
})

describe("the README's troubleshooting", () => {
  it('quotes messages that docs/troubleshooting.md has', () => {
    const cells = [...sectionOf('README.md', 'Did it work\\?').matchAll(/^\| `([^`]+)`/gm)].map(
      ([, message = '']) => message,
    )
    const found = quoted('docs/troubleshooting.md')
    const isFound = (message: string): boolean =>
      found.some((one) => message.split(/ … ?/).every((piece) => one.includes(piece)))
    expect(cells.length).toBeGreaterThan(2)
    expect(cells.filter((message) => !isFound(message))).toEqual([])
  })
})
