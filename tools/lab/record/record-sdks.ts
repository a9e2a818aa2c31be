/**
 * Writes `__tests__/fixtures/sdk-events.json`: the events that several versions of PostHog's SDKs send. The versions come
 * from the npm registry into a temporary folder; the events go to a capture endpoint on this machine.
 * Run with `npx tsx tools/lab/record/record-sdks.ts`; it needs Chromium at /usr/bin/chromium and the npm registry.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import type { PostHog as BrowserPostHog, PostHogConfig } from 'posthog-js'
import { PostHog } from 'posthog-node'
import { appDirectory } from '../../lib/app-files'
import { launchChromium } from '../../lib/chromium'
import { createCaptureServer } from '../../simulators/posthog/capture-endpoint'
import { ingest } from '../../simulators/posthog/events'
import type { CapturedEvent } from '../../lib/shapes'
import { APP, openApp, TOKEN } from './recorded-page'

const FIXTURE = join(appDirectory, '__tests__/fixtures/sdk-events.json')
const OLD_BROWSER_VERSIONS = ['1.20.0', '1.57.2', '1.100.0', '1.200.0']
const OLD_NODE_VERSIONS = ['1.3.0', '2.0.1', '3.6.3', '4.18.0']

/** No SDK waits longer than this between two events of one step. */
const QUIET_MILLISECONDS = 600

interface RecordedEvent {
  readonly sdk: string
  readonly scenario: string
  readonly step: string
  readonly event: CapturedEvent
}

/** Runs one step and waits until no more events arrive. */
type RecordStep = (step: string, run: () => unknown) => Promise<void>

/** The page's `window.posthog`, inside `page.evaluate`. */
declare const posthog: BrowserPostHog

async function signUp(page: Page, name: string): Promise<void> {
  await page.evaluate((person) => {
    posthog.identify(`user_${person}`, { email: `${person}@example.com` })
    posthog.capture('signed up')
  }, name)
}

async function recordTwoPeople(page: Page, record: RecordStep): Promise<void> {
  await record('Ada visits', () => page.goto(`${APP}/pricing`))
  await record('Ada signs up', () => signUp(page, 'ada'))
  await record('Ada joins a group', () =>
    page.evaluate(() => {
      posthog.group('company', 'acme', { name: 'Acme Ltd' })
    }),
  )
  await record('Ada looks', () => page.goto(`${APP}/dashboard`))
  await record('Bob visits', async () => {
    await page.evaluate(() => {
      posthog.reset()
    })
    await page.goto(`${APP}/login`)
  })
  await record('Bob signs up', () => signUp(page, 'bob'))
}

async function recordOnePerson(page: Page, record: RecordStep): Promise<void> {
  await record('Ada visits', () => page.goto(`${APP}/pricing`))
  await record('Ada clicks', () =>
    page.evaluate(() => {
      posthog.capture('clicked')
    }),
  )
  await record('Ada signs up', () => signUp(page, 'ada'))
}

async function recordRefusal(page: Page, record: RecordStep): Promise<void> {
  await record('Ada visits', () => page.goto(`${APP}/pricing`))
  await record('Ada refuses cookies', () =>
    page.evaluate(() => {
      posthog.opt_out_capturing()
      posthog.capture('clicked')
    }),
  )
}

interface Scenario {
  readonly name: string
  readonly run: (page: Page, record: RecordStep) => Promise<void>
  readonly config?: Partial<PostHogConfig>
  /** The versions that know the options. */
  readonly versions?: readonly string[]
}

function browserScenarios(current: string): Scenario[] {
  const withProfiles = ['1.200.0', current]
  return [
    { name: 'two people', run: recordTwoPeople },
    {
      name: 'profiles of everybody',
      run: recordOnePerson,
      config: { person_profiles: 'always' },
      versions: withProfiles,
    },
    { name: 'no profiles', run: recordOnePerson, config: { person_profiles: 'never' }, versions: withProfiles },
    { name: 'no cookies', run: recordOnePerson, config: { cookieless_mode: 'always' }, versions: [current] },
    { name: 'refused cookies', run: recordRefusal, config: { cookieless_mode: 'on_reject' }, versions: [current] },
  ]
}

async function recordServer(server: PostHog, record: RecordStep): Promise<void> {
  await record('Ada is identified', () => {
    server.identify({ distinctId: 'user_ada', properties: { email: 'ada@example.com' } })
  })
  await record('Ada buys', () => {
    server.capture({ distinctId: 'user_ada', event: 'purchase', properties: { total: 49.5 } })
  })
  await record('Ada changes her plan', () => {
    const properties = { $set: { email: 'ada@example.com', plan: 'pro' } }
    server.capture({ distinctId: 'user_ada', event: 'plan changed', properties })
  })
  await record('somebody clicks', () => {
    const properties = { $process_person_profile: false }
    server.capture({ distinctId: 'visit_7f3a91', event: 'clicked', properties })
  })
  await record('a group is described', () => {
    server.groupIdentify({ groupType: 'company', groupKey: 'acme', properties: { name: 'Acme Ltd' } })
  })
  await record('Ada has another ID', () => {
    server.alias({ distinctId: 'user_ada', alias: 'crm_7f3a91' })
  })
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'posthog-sdks-'))
  const arrived: CapturedEvent[] = []
  const capture = await createCaptureServer((event) => arrived.push(ingest(event)))
  const browser = await launchChromium()
  const recorded: RecordedEvent[] = []
  const recorderOf =
    (sdk: string, scenario: string): RecordStep =>
    async (step, run) => {
      await run()
      for (let count = -1; count < arrived.length;) {
        count = arrived.length
        await wait(QUIET_MILLISECONDS)
      }
      recorded.push(...arrived.splice(0).map((event) => ({ sdk, scenario, step, event })))
    }
  try {
    await recordBrowsers({ folder, browser, captureUrl: capture.url }, recorderOf)
    await recordServers(folder, capture.url, recorderOf)
  } finally {
    await browser.close()
    await capture.close()
    rmSync(folder, { recursive: true })
  }
  const lines = recorded.map((one, index) => JSON.stringify({ ...one, event: withoutChance(one.event, index) }))
  writeFileSync(FIXTURE, `[\n${lines.join(',\n')}\n]\n`)
}

type RecorderOf = (sdk: string, scenario: string) => RecordStep

async function recordBrowsers(
  { folder, browser, captureUrl }: { folder: string; browser: Browser; captureUrl: string },
  recorderOf: RecorderOf,
): Promise<void> {
  const current = versionOf('posthog-js')
  const sdks = new Map(OLD_BROWSER_VERSIONS.map((version) => [version, packedModule(version, folder)]))
  sdks.set(current, readFileSync(require.resolve('posthog-js/dist/module.js'), 'utf8'))
  for (const [version, sdk] of sdks) {
    for (const { name, run, config = {}, versions } of browserScenarios(current)) {
      if (versions?.includes(version) === false) continue
      const page = await openApp(browser, { sdk, captureUrl, config })
      await run(page, recorderOf(`posthog-js ${version}`, name))
      await page.context().close()
    }
  }
}

async function recordServers(folder: string, host: string, recorderOf: RecorderOf): Promise<void> {
  const current = versionOf('posthog-node')
  const sdks = new Map(OLD_NODE_VERSIONS.map((version) => [version, installedModule(version, folder)]))
  sdks.set(current, PostHog)
  for (const [version, Client] of sdks) {
    const server = new Client(TOKEN, { host, flushAt: 1 })
    await recordServer(server, recorderOf(`posthog-node ${version}`, 'server'))
    await server.shutdown()
  }
}

/** The source of a version of posthog-js, as an ECMAScript module. */
function packedModule(version: string, folder: string): string {
  const packed = execFileSync('npm', ['pack', '--silent', `posthog-js@${version}`], { cwd: folder, encoding: 'utf8' })
  const content = join(folder, version)
  execFileSync('mkdir', [content])
  execFileSync('tar', ['xzf', packed.trim(), '-C', content], { cwd: folder })
  const manifest = readFileSync(join(content, 'package/package.json'), 'utf8')
  const { module } = JSON.parse(manifest) as { module: string }
  return readFileSync(join(content, 'package', module), 'utf8')
}

/** The client of a version of posthog-node, installed with the packages that it needs. */
function installedModule(version: string, folder: string): typeof PostHog {
  const content = join(folder, `node-${version}`)
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--silent', '--prefix', content]
  execFileSync('npm', ['install', ...options, `posthog-node@${version}`])
  type Module = typeof PostHog & { PostHog?: typeof PostHog; default?: typeof PostHog }
  const loaded = createRequire(join(content, 'index.js'))('posthog-node') as Module
  // The first versions export the client in other ways.
  return loaded.PostHog ?? loaded.default ?? loaded
}

/** The version of a development dependency. */
function versionOf(name: string): string {
  const manifest = readFileSync(join(appDirectory, 'node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/** The event with a uuid and a time that the next recording repeats, and without the project's key. */
function withoutChance(event: CapturedEvent, index: number): CapturedEvent {
  const { token, ...properties } = event.properties
  return {
    ...event,
    uuid: `018f0000-0000-7000-8000-${String(index).padStart(12, '0')}`,
    timestamp: new Date(Date.UTC(2024, 4, 1) + index * 1000).toISOString(),
    properties,
  }
}

void main()
