/** Runs the JavaScript of a document in PostHog's real SDKs. */
import { compileFunction } from 'node:vm'
import browserSdk from 'posthog-js'
import type { PostHog as BrowserPostHog } from 'posthog-js'
import { PostHog } from 'posthog-node'
import { createCaptureServer } from '../../tools/simulators/posthog/capture-endpoint'
import { ingest } from '../../tools/simulators/posthog/events'
import type { RawEvent } from '../../tools/simulators/posthog/events'
import type { CapturedEvent } from '../../tools/lib/shapes'

const IMPORT_OF_SERVER_SDK = "import { PostHog } from 'posthog-node'\n"

/**
 * Runs code of the browser, where `posthog` is posthog-js, and code of the server, where it is posthog-node. A statement of
 * the server names the `distinctId`; code that begins with the SDK's import is of the server as a whole.
 *
 * @returns the events as PostHog hands them to apps.
 */
export async function eventsOf(code: string): Promise<CapturedEvent[]> {
  if (code.startsWith(IMPORT_OF_SERVER_SDK)) return ingested(await eventsOfServer(code))
  const browser = new Browser(code)
  const events: RawEvent[] = []
  for (const statement of code.split(/^(?=posthog\.)/m)) {
    events.push(...(await (statement.includes('distinctId') ? eventsOfServer(statement) : browser.eventsOf(statement))))
  }
  return ingested(events)
}

function ingested(events: readonly RawEvent[]): CapturedEvent[] {
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

/** posthog-js of a person who has signed in as `user_1042`, unless the code identifies a person itself. */
class Browser {
  private events: RawEvent[] = []
  private readonly posthog: BrowserPostHog

  constructor(code: string) {
    // The SDK sets timers for good, which would keep the test running.
    jest.useFakeTimers({ doNotFake: ['Date'] })
    this.posthog = browserSdk.init(
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
          this.events.push(event as unknown as RawEvent)
          return null
        },
      },
      `instance-${++instances}`,
    )
    if (!code.includes("posthog.identify('")) this.posthog.identify('user_1042')
    jest.useRealTimers()
  }

  async eventsOf(code: string): Promise<readonly RawEvent[]> {
    this.events = []
    jest.useFakeTimers({ doNotFake: ['Date'] })
    await compiled(code, 'posthog')(this.posthog)
    jest.useRealTimers()
    return this.events
  }
}

function compiled(code: string, parameter: string): (argument: unknown) => Promise<void> {
  const run = compileFunction(`return (async () => {\n${code}\n})()`, [parameter])
  return run as (argument: unknown) => Promise<void>
}
