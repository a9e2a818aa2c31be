import { serverVersions } from '../../tools/simulators/posthog/versions'
import type { CapturedEvent } from '../../src/posthog/event'
import type { Config } from '../../src/settings/field'
import { requestFrom } from '../app/setup'
import { sectionOf, textOf } from './setup'

describe('README.md', () => {
  it('has at most 130 lines', () => {
    expect(textOf('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(130)
  })
})

describe('docs/compare.md', () => {
  it('compares both editions with the other ways', () => {
    const columns = /^\| +\| (.*) \|$/m.exec(textOf('docs/compare.md'))?.[1]?.split(' | ')
    expect(columns?.map((cell) => cell.trim())).toEqual([
      'this app',
      'this destination',
      "PostHog's own destinations",
      'Segment',
      'RudderStack',
    ])
  })
})

describe('docs/servers.md', () => {
  it('names the server versions that can be tried out', () => {
    const text = sectionOf('docs/servers.md', 'Versions to try out')
    expect(serverVersions.map(({ name }) => name).filter((name) => !text.includes(name))).toEqual([])
  })
})

describe('docs/settings.md', () => {
  const section = sectionOf('docs/settings.md', 'An event and its request')

  /** The JSON block behind the comment that names it. */
  function example(name: string): unknown {
    const block = new RegExp(`<!-- example: ${name} -->\\s+\`\`\`json\\n([^]*?)\`\`\``).exec(section)
    return JSON.parse(block?.[1] ?? 'null')
  }

  it('shows a request that the app really makes', () => {
    const request = requestFrom(example('event') as CapturedEvent, example('settings') as Config)
    expect(request).toMatchObject({ method: 'POST', path: '/v1/events/send', body: example('body') as object })
    expect(JSON.stringify(request.body)).toBe(JSON.stringify(example('body')))
    expect(section).toContain(`Idempotency-Key: ${request.idempotencyKey ?? 'none'}`)
  })
})
