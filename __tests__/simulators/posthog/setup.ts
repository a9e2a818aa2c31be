import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VirtualClock } from '../../../tools/lib/clock'
import type { CapturedEvent } from '../../../tools/lib/shapes'
import { createInstallation } from '../../../tools/simulators/posthog/plugin-server'
import type { FetchResponse } from '../../../tools/simulators/posthog/fetch'
import type { Installation, InstallationOptions } from '../../../tools/simulators/posthog/plugin-server'
import { serverVersion, serverVersions } from '../../../tools/simulators/posthog/versions'

const folder = mkdtempSync(join(tmpdir(), 'plugin-server-'))
export const open: Installation[] = []
export const names = serverVersions.map(({ name }) => name)

afterEach(() => {
  for (const installation of open.splice(0)) installation.close()
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

export function answer(status = 200, statusText = 'OK'): FetchResponse {
  return {
    status,
    statusText,
    ok: status < 300,
    headers: { get: () => null },
    text: () => Promise.resolve('{}'),
    json: () => Promise.resolve({}),
  }
}

/** Installs an app whose file is `source`. */
export function install(server: string, source: string, options: Partial<InstallationOptions> = {}): Installation {
  const directory = mkdtempSync(join(folder, 'app-'))
  writeFileSync(join(directory, 'plugin.json'), JSON.stringify({ name: 'Test app', main: 'app.ts' }))
  writeFileSync(join(directory, 'app.ts'), source)
  const installation = createInstallation({
    directory,
    server: serverVersion(server),
    config: {},
    fetch: () => Promise.resolve(answer()),
    ...options,
  })
  open.push(installation)
  return installation
}

export function event(fields: Partial<CapturedEvent> = {}): CapturedEvent {
  return {
    uuid: '01890000-0000-7000-8000-000000000000',
    event: 'signed up',
    distinct_id: 'ada',
    team_id: 1,
    properties: { plan: 'pro', list: [{ a: 1 }], $ip: '1.2.3.4', $set: { email: 'ada@example.com' } },
    timestamp: '2024-05-01T10:00:00.000Z',
    ...fields,
  }
}

/** Runs an app's `onEvent` once and gives what it logged. */
export async function logsOf(
  server: string,
  source: string,
  options: Partial<InstallationOptions> = {},
): Promise<string[]> {
  const installation = install(server, source, options)
  await installation.startWorker().deliver(event())
  return installation.logs.map(({ message }) => message)
}

export function virtual() {
  const clock = new VirtualClock()
  const start = clock.now()
  return { clock, seconds: () => (clock.now() - start) / 1000 }
}
