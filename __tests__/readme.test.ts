import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { settingFields } from '../src/panel/field'
import type { CapturedEvent } from '../src/event'
import type { Config } from '../src/panel/field'
import packageJson from '../package.json'
import { serverVersions } from '../sandbox/posthog/versions'
import { requestFrom, settingsFor } from './app/given'

const root = join(__dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The JSON block behind the comment that names it. */
function example(name: string): unknown {
  const block = new RegExp(`<!-- example: ${name} -->\\s+\`\`\`json\\n([^]*?)\`\`\``).exec(readme)
  return JSON.parse(block?.[1] ?? 'null')
}

describe('the README', () => {
  it.each(Object.entries(settingFields))('describes the setting %s with its label and default', (key, field) => {
    const [, description = ''] = readme.split(`**${field.label}** (\`${key}\`)`)
    expect(description).not.toBe('')
    if (field.default !== '') expect(description.slice(0, 200).replace(/\s+/g, ' ')).toContain(`[\`${field.default}\`]`)
  })

  it('shows a request that the app really makes', () => {
    const request = requestFrom(example('event') as CapturedEvent, example('settings') as Config)
    expect(request).toMatchObject({ method: 'POST', path: '/v1/events/send', body: example('body') as object })
    expect(JSON.stringify(request.body)).toBe(JSON.stringify(example('body')))
    expect(readme).toContain(`Idempotency-Key: ${request.idempotencyKey ?? 'none'}`)
  })

  it('shows filters that the app accepts', () => {
    const [, filters = ''] = /```json\n(\[.*\])\n```/.exec(readme) ?? []
    expect(settingsFor({ eventFilters: filters }).eventsToSend.filters).toHaveLength(1)
    const [, plain = ''] = /```text\n(plan = .*)\n```/.exec(readme) ?? []
    expect(settingsFor({ eventFilters: plain }).eventsToSend.filters).toHaveLength(5)
  })

  it('names the server versions that can be tried out', () => {
    expect(serverVersions.map(({ name }) => name).filter((name) => !readme.includes(name))).toEqual([])
  })

  it('names commands and files that there are', () => {
    const scripts = [...readme.matchAll(/npm run ([a-z:-]+)/g)].map(([, name = '']) => name)
    expect(scripts.filter((name) => !(name in packageJson.scripts))).toEqual([])
    const files = [...readme.matchAll(/\]\(((?!http|#)[^)]+)\)/g)].map(([, path = '']) => path)
    expect(files.map((path) => readFileSync(join(root, path)).length > 0)).not.toContain(false)
  })

  it('quotes messages as the app writes them', () => {
    const app = readFileSync(join(root, 'dist/index.js'), 'utf8')
    const rows = readme.split('\n').filter((line) => /^\| `/.test(line))
    const messages = rows
      .map((row) => /^\| `([^`]+)`/.exec(row)?.[1] ?? '')
      .filter((text) => / /.test(text) && !text.startsWith('--'))
    const pieces = messages.flatMap((message) =>
      message.split(
        /…|400|401|429|500|is (?:skipped|not sent|not asked for): | \(on| \(at|\/v1\/events\/send|: Loops API key: /,
      ),
    )
    const checked = pieces
      .map((piece) => piece.replace(/^[\s:;.()"]+|[\s:;.()"]+$/g, ''))
      .filter((piece) => piece.length > 3)
    expect(checked.length).toBeGreaterThan(10)
    expect(checked.filter((piece) => !app.includes(piece) && !piece.startsWith('Multiple contacts found'))).toEqual([])
  })
})
