import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseSettings } from '../../../src/settings/settings'
import { translate } from '../../../src/translate/translate'
import type { CapturedEvent } from '../../../src/posthog/event'
import type { Config } from '../../../src/settings/field'
import { appDirectory } from '../../lib/app-files'
import { systemClock } from '../../lib/clock'
import { loadApp } from '../../simulators/posthog/app-vm'
import type { AppVM } from '../../simulators/posthog/app-vm'
import { serverVersion } from '../../simulators/posthog/versions'
import type { ServerVersion } from '../../simulators/posthog/versions'
import type { BenchCase } from './cases'
import { handWritten } from './hand-written-app'

/** Nanoseconds that one call takes. */
export type Measure = (run: () => unknown) => Promise<number>

export interface CaseTiming {
  readonly place: 'outside the VM' | 'composeWebhook in the VM'
  readonly name: BenchCase['name']
  readonly properties: number
  /** Nanoseconds for an event. */
  readonly app: number
  /** The same work by a loop written for it, in the same place. */
  readonly handWritten: number
  /** `JSON.stringify` of the finished body, outside the VM; undefined where there is none. */
  readonly stringify: number | undefined
}

export interface SetUpTiming {
  readonly babel: ServerVersion['babel']
  /** Milliseconds from the source to code that the server can run. */
  readonly compile: number
  /** Milliseconds for a new VM and the app's top level in it. */
  readonly load: number
  /** Milliseconds of the first call, which reads the settings. */
  readonly firstEvent: number
}

/** Translation and JSON as a plain function: what the app itself costs. */
export async function measureOutside(one: BenchCase, properties: number, measure: Measure): Promise<CaseTiming> {
  const settings = parseSettings(one.config)
  const event = one.event(properties)
  const app = (): string | undefined => {
    const translation = translate(event, settings, Date.now())
    return translation && 'request' in translation ? JSON.stringify(translation.request.body) : undefined
  }
  checkSameWork(one, app() !== undefined, handWritten[one.name](event) !== null)
  return {
    ...{ place: 'outside the VM', name: one.name, properties },
    app: await measure(app),
    handWritten: await measure(() => handWritten[one.name](event)),
    stringify: await measureStringify(app(), measure),
  }
}

/** A skipped event costs little: it must not be taken for a request that was made quickly. */
function checkSameWork({ name }: BenchCase, appSends: boolean, handWrittenSends: boolean): void {
  if (appSends !== handWrittenSends) throw new Error(`The app and the loop by hand do different work: ${name}.`)
}

async function measureStringify(json: string | undefined, measure: Measure): Promise<number | undefined> {
  if (json === undefined) return undefined
  const body: unknown = JSON.parse(json)
  return measure(() => JSON.stringify(body))
}

/**
 * `composeWebhook` as a server of 2024 calls it: the event's properties are read across the border of vm2. Says
 * nothing of the delivery `direct`.
 */
export async function measureInside(one: BenchCase, properties: number, measure: Measure): Promise<CaseTiming> {
  const server = serverVersion('2024-02')
  const payload = webhookPayload(one.event(properties))
  const app = loaded(sources.app, server, one.config)
  const floor = loaded(sources.handWritten, server, { case: one.name })
  checkSameWork(one, app.composeWebhook?.(payload) !== null, floor.composeWebhook?.(payload) !== null)
  return {
    ...{ place: 'composeWebhook in the VM', name: one.name, properties },
    app: await measure(() => app.composeWebhook?.(payload)),
    handWritten: await measure(() => floor.composeWebhook?.(payload)),
    stringify: undefined,
  }
}

/** `JSON.stringify` of a body that holds all properties of the event. */
export async function measureBody(one: BenchCase, properties: number, measure: Measure): Promise<number> {
  const body = one.event(properties).properties
  return measure(() => JSON.stringify(body))
}

export async function measureSettings(config: Config, measure: Measure): Promise<number> {
  return measure(() => parseSettings(config))
}

/** Babel's own start is not counted: a server starts it once for all apps. */
export function timeSetUp(server: ServerVersion, { config, event }: BenchCase): SetUpTiming {
  loaded('', server, config)
  const payload = webhookPayload(event(30))
  // The server caches compiled sources: the comment makes this source new to it.
  const unseen = `${sources.app}\n// ${performance.now()}\n`
  const whole = milliseconds(() => loaded(unseen, server, config))
  const load = milliseconds(() => loaded(unseen, server, config))
  const app = loaded(unseen, server, config)
  const firstEvent = milliseconds(() => app.composeWebhook?.(payload))
  return { babel: server.babel, compile: Math.max(0, whole - load), load, firstEvent }
}

const sources = {
  app: readFileSync(join(appDirectory, 'dist/index.js'), 'utf8'),
  handWritten: readFileSync(join(__dirname, 'hand-written-app.ts'), 'utf8'),
}

function milliseconds(run: () => unknown): number {
  const start = performance.now()
  run()
  return performance.now() - start
}

function webhookPayload({ uuid, event, distinct_id, properties, timestamp }: CapturedEvent): object {
  return { uuid, event, team_id: 1, distinct_id, properties, timestamp: new Date(timestamp) }
}

function loaded(source: string, server: ServerVersion, config: object): AppVM {
  const silent = (): undefined => undefined
  return loadApp(
    source,
    {
      console: { log: silent, info: silent, warn: silent, error: silent, debug: silent },
      posthog: {},
      meta: { config: Object.freeze({ ...config }) },
      fetch: () => Promise.reject(new Error('The benchmark sends nothing.')),
      after: (wait, callback) => systemClock.after(wait, callback),
      awaited: silent,
    },
    { server, clock: undefined, random: undefined, trusted: false },
  )
}
