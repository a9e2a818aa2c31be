/** The table of messages in the documentation has a row for each message that the app logs or throws. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const root = join(__dirname, '../..')

/** The first column of each table: a message a line, with `…` for what changes. */
const rows = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => join('docs', name))]
  .filter((path) => path.endsWith('.md'))
  .flatMap((path) => readFileSync(join(root, path), 'utf8').split('\n'))
  .flatMap((line) => [...(/^\|([^|]*)\|/.exec(line)?.[1] ?? '').matchAll(/`([^`]+)`/g)])
  .map(([, text = '']) => text)

/**
 * `src/settings/` rejects settings, its `settings.ts` apart: the row `Loops settings: …` stands for their sentences. What the look-up throws
 * stands in the brackets of its own message.
 */
const files = [
  'index.ts',
  ...readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map((path) => join('src', path)),
].filter((path) => path.endsWith('.ts') && !/^src\/(settings\/(?!settings\.ts)|re2\/|posthog\/look-up\b)/.test(path))

/** Functions and errors whose first text becomes a message, and its place among their arguments. */
const CARRIERS: Readonly<Record<string, number>> = {
  ...{
    'console.log': 0,
    'console.warn': 0,
    'console.error': 0,
    skipOnce: 0,
    warnOnce: 1,
    logDrySkip: 1,
    givenUp: 1,
    Error: 0,
  },
  RetryError: 0,
}

/** The fields of a result that its caller logs. */
const LOGGED_FIELDS = ['team', 'warning']

/** Expressions that only pass on a message that is made elsewhere. */
const PASSED_ON =
  /^(problem|reason|reason \+ .*|line|warning|translation\.skipped.*|unmetReason\(.*|PERSON_MISSING|check\.(team|warning)|onOneLine\(.*|await .*)$/s

/** The messages, each up to the first part that changes. */
function messagesIn(path: string): string[] {
  const file = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true)
  const constants = new Map<string, ts.Expression>()
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined) {
      constants.set(node.name.getText(), node.initializer)
    }
    if (ts.isTypeAliasDeclaration(node) && node.name.text === 'SkipReason') found.push(...literalsOf(node.type))
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const carrier = CARRIERS[node.expression.getText()]
      const argument = carrier === undefined ? undefined : node.arguments?.[carrier]
      const message = argument === undefined ? undefined : textOf(constants.get(argument.getText()) ?? argument)
      if (message !== undefined) found.push(message)
    }
    if (ts.isPropertyAssignment(node) && LOGGED_FIELDS.includes(node.name.getText())) {
      found.push(textOf(constants.get(node.initializer.getText()) ?? node.initializer) ?? '')
    }
    node.forEachChild(visit)
  }
  visit(file)
  return found
}

function literalsOf(type: ts.TypeNode): string[] {
  const parts = ts.isUnionTypeNode(type) ? [...type.types] : [type]
  return parts.flatMap((part) => {
    if (ts.isTemplateLiteralTypeNode(part)) return [part.head.text]
    return ts.isLiteralTypeNode(part) && ts.isStringLiteral(part.literal) ? [part.literal.text] : []
  })
}

/** The message up to the first part that changes; `undefined` if the expression passes on a message. */
function textOf(expression: ts.Expression): string | undefined {
  if (ts.isBinaryExpression(expression)) return textOf(expression.left)
  if (ts.isStringLiteralLike(expression)) return expression.text
  if (ts.isTemplateExpression(expression)) return expression.head.text
  return PASSED_ON.test(expression.getText()) ? undefined : `(unknown) ${expression.getText()}`
}

/** True if a row begins with the text, perhaps behind `An event is skipped: ` or `Given up …: `, or says it with `…` for a part of it. */
function isDocumented(text: string): boolean {
  return rows.some((row) => {
    const message = row.replace(/^(An event is (skipped|not sent)|Given up after … tries within a day): /, '')
    const pattern = message.split('…').map((piece) => piece.replace(/\W/g, '\\$&'))
    // "Given up …: …" alone would be a row for every message.
    const isLike = message !== '…' && new RegExp(`^${pattern.join('.*')}$`).test(text)
    return message.startsWith(text) || row.startsWith(text) || isLike
  })
}

describe('the table of messages', () => {
  const messages = [...new Set(files.flatMap(messagesIn))].filter((message) => message !== '')

  it('is compared with the messages of all of the app', () => {
    expect(messages.length).toBeGreaterThan(12)
  })

  it.each(messages)('has %j', (message) => {
    expect(isDocumented(message.replace(/[.:;\s]+$/, ''))).toBe(true)
  })
})
