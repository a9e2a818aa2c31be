import { names, install, event, logsOf } from './setup'

describe('imports', () => {
  const everywhere = [
    '@google-cloud/pubsub',
    '@google-cloud/storage',
    '@posthog/plugin-scaffold',
    'aws-sdk',
    'crypto',
    'generic-pool',
    'node-fetch',
    'stream',
    'url',
  ]
  const until2022 = ['@google-cloud/bigquery', '@posthog/plugin-contrib', 'faker', 'jsonwebtoken', 'pg', 'zlib']
  const importing = (name: string) =>
    `import * as it from '${name}'; export const onEvent = () => console.log(typeof it)`

  it.each(names)('%s provides the packages that all servers provide', async (server) => {
    const logs = await logsOf(
      server,
      `${everywhere.map((name, index) => `import * as it${index} from '${name}'`).join('\n')}
       export const onEvent = () => console.log([${everywhere.map((_, index) => `typeof it${index}`).join()}].join())`,
    )
    expect(logs).toEqual([everywhere.map((name) => (name === 'node-fetch' ? 'function' : 'object')).join()])
  })

  it.each(names)('%s provides the packages of 2021 only if it is that old', async (server) => {
    for (const name of until2022) {
      const [message = ''] = await logsOf(server, importing(name))
      expect([name, message.includes(`Cannot import '${name}'! This package is not provided by PostHog`)]).toEqual([
        name,
        !server.startsWith('1.'),
      ])
    }
  })

  it.each([
    `import x from './other'; export const onEvent = () => x`,
    `import x from 'lodash'; export const onEvent = () => x`,
    `const x = require('lodash'); export const onEvent = () => x`,
    `import x from './data.json'; export const onEvent = () => x`,
  ])('refuses to load %s', async (source) => {
    const installation = install('2024-02', source)
    await installation.startWorker().deliver(event())
    expect(installation.logs[0]?.message).toMatch(/Cannot import '.+'! This package is not provided by PostHog/)
    expect(installation.enabled).toBe(false)
  })

  it('erases imports of types, and takes named values', async () => {
    const logs = await logsOf(
      '1.30',
      `import type { Nothing } from './nowhere'
       import { Meta, RetryError as Again } from '@posthog/plugin-scaffold'
       import { createHash } from 'crypto'
       export const onEvent = async (event: Nothing, meta: Meta) => {
         console.log(Again === RetryError, createHash('sha1').update('a').digest('hex').slice(0, 8))
       }`,
    )
    expect(logs).toEqual(['true 86f7e437'])
  })
})
