/**
 * Writes `sample.json`: the events of one person, sent by the real SDKs to a capture endpoint on this machine.
 * Run with `npx tsx tools/lab/record/record.ts`; it needs Chromium at /usr/bin/chromium and no internet.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { PostHog as BrowserPostHog } from 'posthog-js'
import { PostHog } from 'posthog-node'
import { createCaptureServer } from '../../simulators/posthog/capture-endpoint'
import { launchChromium } from '../../lib/chromium'
import { ingest } from '../../simulators/posthog/events'
import type { CapturedEvent } from '../../lib/shapes'
import { APP, openApp, TOKEN } from './recorded-page'

const USER_ID = 'user_48213'

/** Runs one step and waits until its event has arrived. */
type RecordStep = (event: string, step: () => unknown) => Promise<void>

/** The page's `window.posthog`, inside `page.evaluate`. */
declare const posthog: BrowserPostHog

async function recordBrowser(page: Page, record: RecordStep): Promise<void> {
  await record('$pageview', () =>
    page.goto(`${APP}/pricing?utm_source=newsletter`, { referer: 'https://news.example.org/' }),
  )
  await record('$identify', () =>
    page.evaluate((id) => {
      posthog.identify(
        id,
        { email: 'maren.holt@example.com', firstname: 'Maren', lastname: 'Holt', plan: 'free' },
        { initial_referral: 'spring-newsletter' },
      )
    }, USER_ID),
  )
  await record('user signed up', () =>
    page.evaluate(() => {
      posthog.capture('user signed up', {
        method: 'password',
        plan: 'free',
        $set: { email: 'maren.holt@example.com', firstname: 'Maren', onboarding_step: 'welcome' },
      })
    }),
  )
  await record('$pageview', () => page.goto(`${APP}/dashboard`))
  await record('$set', () =>
    page.evaluate(() => {
      posthog.setPersonProperties({ plan: 'pro', seats: 5, beta_tester: false }, { first_plan: 'free' })
    }),
  )
  await record('$autocapture', () => page.click('button'))
  await record('purchase', () =>
    page.evaluate(() => {
      posthog.capture('purchase', {
        items: [
          { sku: 'notebook-a5', qty: 2 },
          { sku: 'fountain-pen', qty: 1 },
        ],
        shipping: { method: 'standard', address: { city: 'Leeds', country: 'GB' } },
        coupon: '',
        note: null,
        gift: false,
        discount: 0,
        tags: ['a', 'b'],
        total: 49.5,
        currency: 'GBP',
      })
    }),
  )
}

async function recordTeam(page: Page, record: RecordStep): Promise<void> {
  await record('$groupidentify', () =>
    page.evaluate(() => {
      posthog.group('company', 'acme', { name: 'Acme Ltd' })
    }),
  )
  await record('$pageview', () => page.goto(`${APP}/team`))
  await record('$create_alias', () =>
    page.evaluate(() => {
      posthog.alias('crm_7f3a91')
    }),
  )
  // The email of this event belongs to another person.
  await record('invite sent', () =>
    page.evaluate(() => {
      posthog.capture('invite sent', { email: 'jonas.weber@example.org', role: 'editor' })
    }),
  )
  // After `reset` the person is new, and the device is the same.
  await record('$pageview', async () => {
    await page.evaluate(() => {
      posthog.reset()
    })
    await page.goto(`${APP}/login`)
  })
}

async function recordServer(server: PostHog, record: RecordStep): Promise<void> {
  await record('subscription renewed', () => {
    server.capture({
      distinctId: USER_ID,
      event: 'subscription renewed',
      properties: {
        plan: 'pro',
        amount: 59,
        currency: 'GBP',
        $set: { plan: 'pro', renewals: 1 },
        $set_once: { first_renewed_plan: 'pro' },
      },
    })
  })
  await record('$identify', () => {
    server.identify({
      distinctId: USER_ID,
      properties: { email: 'maren.holt@example.com', firstname: 'Maren', lastname: 'Holt-Reyes', plan: 'pro' },
    })
  })
  await record('report exported', () => {
    server.capture({ distinctId: 'user_51907', event: 'report exported', properties: { format: 'csv', rows: 1280 } })
  })
}

async function main(): Promise<void> {
  const events: CapturedEvent[] = []
  let steps = 0
  const record: RecordStep = async (name, step) => {
    const position = steps++
    await step()
    for (let tries = 0; events[position] === undefined && tries < 500; tries++) await wait(20)
    const event = events[position]?.event ?? 'nothing'
    if (event !== name) throw new Error(`Step ${position + 1} should lead to "${name}", but ${event} arrived.`)
  }

  const capture = await createCaptureServer((event) => events.push(ingest(event)))
  const browser = await launchChromium()
  const server = new PostHog(TOKEN, { host: capture.url, flushAt: 1 })
  const sdk = await readFile(require.resolve('posthog-js/dist/module.js'), 'utf8')
  const page = await openApp(browser, { sdk, captureUrl: capture.url })
  await recordBrowser(page, record)
  await recordTeam(page, record)
  await recordServer(server, record)
  await server.shutdown()
  await browser.close()
  await capture.close()
  if (events.length > steps) throw new Error(`${events.length - steps} events arrived that belong to no step.`)
  await writeFile(`${__dirname}/../../start/sample.json`, `${JSON.stringify(events, null, 2)}\n`)
}

void main()
