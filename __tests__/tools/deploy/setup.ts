import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../../tools/deploy/run'
import type { PosthogServerOptions } from '../../../tools/simulators/posthog/rest-api/posthog-server'
import { servePosthog } from '../../../tools/simulators/posthog/rest-api/server'
import { apiKey } from '../../app/setup'
import { posthogKey, startPosthog } from '../../simulators/posthog/rest-api/setup'

/** A random UUID. */
const NEW_ID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g

export interface Result {
  readonly code: number
  /** What went to stdout and to stderr, without the address of PostHog and the IDs that it makes. */
  readonly said: string
  readonly told: string
}

/** Simulators of PostHog and Loops over HTTP, and the command that installs from one into the other. */
export async function startDeploying(options: Partial<PosthogServerOptions> = {}) {
  const { posthog, loops, loopsUrl, close: stop } = await startPosthog(options)
  const server = await servePosthog(posthog)
  const { url } = server
  const directory = mkdtempSync(join(tmpdir(), 'deploy-'))
  const deploy = async (args: string[] = [], environment: NodeJS.ProcessEnv = {}): Promise<Result> => {
    const printed = { said: '', told: '' }
    const keys = { POSTHOG_API_KEY: posthogKey, LOOPS_API_KEY: apiKey, ...environment }
    const code = await run(
      ['--posthog', url, ...args],
      { LOOPS_SIMULATOR: loopsUrl, ...keys },
      {
        say: (text) => (printed.said += text),
        tell: (text) => (printed.told += text),
      },
    )
    const everything = printed.said + printed.told
    for (const key of [keys.POSTHOG_API_KEY, keys.LOOPS_API_KEY]) {
      if (key.length > 8) expect(everything).not.toContain(key)
    }
    const known = (text: string): string => text.replaceAll(url, 'POSTHOG').replace(NEW_ID, 'ID')
    return { code, said: known(printed.said), told: known(printed.told) }
  }
  return {
    posthog,
    loops,
    loopsUrl,
    url,
    deploy,
    /** Writes settings into a file, and gives its path. */
    file: (settings: unknown): string => {
      const path = join(directory, 'settings.json')
      writeFileSync(path, JSON.stringify(settings))
      return path
    },
    close: async () => {
      rmSync(directory, { recursive: true })
      await server.close()
      await stop()
    },
  }
}

export type Deploying = Awaited<ReturnType<typeof startDeploying>>

/** The requests that have changed something, as `METHOD PATH`. */
export function writes({ posthog }: Deploying): string[] {
  return posthog.api.requests
    .filter(({ method, path, status }) => method !== 'GET' && !path.endsWith('/invocations/') && status < 300)
    .map(({ method, path }) => `${method} ${path.replace(NEW_ID, 'ID')}`)
}
