/** Runs the JavaScript of a document in PostHog's real SDKs. */
import { compileFunction } from 'node:vm'
import browserSdk from 'posthog-js'
import { PostHog } from 'posthog-node'
import { createCaptureServer } from '../../sandbox/posthog/capture-endpoint'
import { ingest } from '../../sandbox/posthog/events'
import type { RawEvent } from '../../sandbox/posthog/events'
import type { CapturedEvent } from '../../sandbox/posthog/shapes'

const IMPORT_OF_SERVER_SDK = "import { PostHog } from 'posthog-node'\n"

/**
 * Runs code for posthog-node, whose calls name the `distinctId`, or else for posthog-js. `posthog` is there already, unless
 * the code begins with an import.
 *
 * @returns the events as PostHog hands them to apps.
 */
export async function eventsOf(code: string): Promise<CapturedEvent[]> {
  const isOfServer = code.includes('distinctId')
  const events = isOfServer ? await eventsOfServer(code) : await eventsOfBrowser(code)
  return events.map((event) => ingest(event))
}

async function eventsOfServer(code: string): Promise<RawEvent[]> {
  const events: RawEvent[] = []
  const server = await createCaptureServer((event) => events.push(event))
  class LocalPostHog extends PostHog {
    constructor(key: string) {
      super(key, { host: server.url })
    }
  }
  if (code.startsWith(IMPORT_OF_SERVER_SDK)) {
    await compiled(code.slice(IMPORT_OF_SERVER_SDK.length), 'PostHog')(LocalPostHog)
  } else {
    const posthog = new LocalPostHog('phc_project_key')
    await compiled(code, 'posthog')(posthog)
    await posthog.shutdown()
  }
  await server.close()
  return events
}

let instances = 0

/** The person has signed in as `user_1`, unless the code identifies a person itself. */
async function eventsOfBrowser(code: string): Promise<RawEvent[]> {
  let events: RawEvent[] = []
  // The SDK sets timers for good, which would keep the test running.
  jest.useFakeTimers({ doNotFake: ['Date'] })
  const posthog = browserSdk.init(
    'phc_project_key',
    {
      api_host: 'http://127.0.0.1:9',
      persistence: 'memory',
      bootstrap: { distinctID: 'visitor_1' },
      autocapture: false,
      capture_pageview: false,
      disable_session_recording: true,
      advanced_disable_flags: true,
      before_send: (event) => {
        events.push(event as unknown as RawEvent)
        return null
      },
    },
    `instance-${++instances}`,
  )
  if (!code.includes('posthog.identify(')) posthog.identify('user_1')
  events = []
  await compiled(code, 'posthog')(posthog)
  jest.useRealTimers()
  return events
}

function compiled(code: string, parameter: string): (argument: unknown) => Promise<void> {
  const run = compileFunction(`return (async () => {\n${code}\n})()`, [parameter])
  return run as (argument: unknown) => Promise<void>
}
