import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { help } from '../../../tools/deploy/options'

const root = join(__dirname, '../../..')
const documentation = readFileSync(join(root, 'docs/deploy.md'), 'utf8')

describe('docs/deploy.md', () => {
  it('has every option of the command', () => {
    const documented = [...documentation.matchAll(/^\| `(--[^`]+)`/gm)].map(([, option]) => option)
    const options = [...help.matchAll(/^ {2}(--[a-z-]+(?: [A-Z]+)?)/gm)].map(([, option]) => option)
    expect([...documented, '--help']).toEqual(options)
  })

  it('has only messages that the command, or the app at set-up, writes', () => {
    const sources = ['tools/deploy', 'tools/posthog-api', 'src/setup'].flatMap((room) =>
      readdirSync(join(root, room))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => readFileSync(join(root, room, name), 'utf8')),
    )
    const written = sources.join('\n')
    const [, table = ''] = documentation.split('## Messages')
    const messages = [...table.matchAll(/^\| (?!message|-)(.+?) +\|/gm)].map(([, message = '']) => message)
    expect(messages.length).toBeGreaterThan(10)
    expect(messages.filter((message) => !written.includes(message))).toEqual([])
  })

  it('is no longer than 80 lines', () => {
    expect(documentation.split('\n').length).toBeLessThanOrEqual(81)
  })
})
