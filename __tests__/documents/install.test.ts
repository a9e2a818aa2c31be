import { execFile, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { listenOnLoopback, requestBody } from '../../tools/lib/local-server'
import built from '../../dist/destination.json'
import { codeIn, root, sectionOf } from './setup'

interface Received {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly authorization: string | undefined
  readonly type: string | undefined
  readonly body: unknown
}

/** Runs the commands as they are pasted, with a server on loopback in the place of PostHog, and returns its requests. */
async function requestsOf(commands: string): Promise<Received[]> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    void requestBody(request, 1_000_000).then((body) => {
      const { method, url: path, headers } = request
      const { authorization, 'content-type': type } = headers
      received.push({ method, path, authorization, type, body: JSON.parse(body.toString()) as unknown })
      response.end('{"id":7,"config_schema":[{"id":8}]}')
    })
  })
  const posthog = await listenOnLoopback(server, 0)
  const pasted = commands.replace(/https:\/\/(us\.(i\.)?posthog\.com|posthog\.example\.com)/, posthog.url)
  // No variable of the outside, and no program but those of the PATH that the commands name.
  await promisify(execFile)('bash', ['-euc', pasted], { cwd: root, env: { PATH: process.env.PATH ?? '' } })
  await posthog.close()
  await posthog.close()
  return received
}

const common = { authorization: 'Bearer phx_your_key', type: 'application/json' }
const withCurl = spawnSync('curl', ['--version']).status === 0 ? describe : describe.skip

withCurl('the commands to paste', () => {
  it.each<[document: string, section: string, requests: Received[]]>([
    [
      'docs/destination.md',
      'Install it with curl',
      [
        {
          ...common,
          method: 'POST',
          path: '/api/projects/12345/hog_functions/',
          body: { ...built, inputs: { ...built.inputs, apiKey: { value: 'your_loops_key' } } },
        },
      ],
    ],
    [
      'README.md',
      'Did it work\\?',
      [
        {
          method: 'POST',
          path: '/capture/',
          authorization: undefined,
          type: 'application/json',
          body: {
            api_key: 'phc_project_key',
            event: 'user signed up',
            distinct_id: 'test_user_1',
            properties: { $set: { email: 'you@example.com' } },
          },
        },
      ],
    ],
    [
      'docs/destination.md',
      'Update',
      [
        {
          ...common,
          method: 'PATCH',
          path: '/api/projects/12345/hog_functions/your_destination/',
          body: { hog: built.hog, inputs_schema: built.inputs_schema },
        },
      ],
    ],
    [
      'docs/servers.md',
      'Install the app by REST',
      [
        {
          ...common,
          method: 'POST',
          path: '/api/organizations/@current/plugins/',
          body: { url: 'https://github.com/OWNER/REPOSITORY' },
        },
        {
          ...common,
          method: 'POST',
          path: '/api/projects/@current/plugin_configs/',
          body: {
            plugin: 7,
            enabled: true,
            order: 1,
            config: { apiKey: 'your_loops_key', trackedEvents: 'user signed up' },
          },
        },
      ],
    ],
  ])('work: %s: %s', async (document, section, requests) => {
    const commands = codeIn(sectionOf(document, section), 'bash').find((code) => code.includes('curl')) ?? ''
    expect(commands).not.toMatch(/\bjq\b/)
    expect(await requestsOf(commands)).toEqual(requests)
  })
})
