import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { createPlayground } from '../../tools/playground/api'
import { pageFiles } from '../../tools/playground/page-files'
import { readRecordedEvents } from '../../tools/simulators/posthog/recorded-events'
import { recipesNow } from '../../tools/playground/recipes'
import { Session } from '../../tools/playground/session'
import { launchChromium } from '../../tools/lib/chromium'

/** Some machines are slow, and busy with other tests. */
const PATIENCE = { timeout: 45_000 }
export const DESKTOP = { width: 1440, height: 900 }

export let session: Session
let server: Server
export let address: string
export let browser: Browser
export let page: Page
/** What the page has complained about in its console, a breach of its own content policy for one. */
let complaints: string[]

beforeAll(async () => {
  browser = await launchChromium()
  session = new Session({
    recorded: await readRecordedEvents(),
    recipes: recipesNow(),
    realLoops: () => () => Promise.reject(new Error('No test may reach the real Loops.')),
  })
  server = createPlayground(session, await pageFiles())
  address = await listening(server)
})

afterAll(async () => {
  await browser.close()
  session.close()
  server.closeAllConnections()
  server.close()
})

beforeEach(() => {
  session.reset()
  session.live.clear()
})

afterEach(async () => {
  await page.context().close()
  expect(complaints).toEqual([])
})

export async function listening(one: Server): Promise<string> {
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
  return `http://localhost:${(one.address() as AddressInfo).port}`
}

export async function open(options: BrowserContextOptions = {}): Promise<void> {
  const context = await browser.newContext({ viewport: DESKTOP, ...options })
  context.setDefaultTimeout(PATIENCE.timeout)
  page = await context.newPage()
  complaints = []
  page.on('console', (message) => {
    // The browser itself reports each answer that is not 200, and the page tells what it means.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(address)
  await resultOf('$identify')
}

/** Opens the playground in another tab of the same browser, which is `page` from then on. */
export async function openAnotherTab(): Promise<void> {
  page = await page.context().newPage()
  await page.goto(address)
  await resultOf('$identify')
}

/** Waits until the result of the event is shown. */
export async function resultOf(name: string): Promise<Locator> {
  await page.locator('#result-status', { hasText: `${name}: ` }).waitFor()
  return page.locator('#result-body')
}

/** The values of fields or of options, in order. */
export function valuesOf(elements: Locator): Promise<string[]> {
  return elements.evaluateAll((all: { value: string }[]) => all.map(({ value }) => value))
}

export function choose(name: RegExp): Promise<void> {
  return page.getByRole('option', { name }).first().click()
}

/** The text of an element once it is there and has any. */
export async function textOf(selector: string): Promise<string> {
  const found = page.locator(selector, { hasText: /\S/ })
  await found.waitFor()
  return (await found.innerText()).trim()
}

export async function body(): Promise<unknown> {
  return JSON.parse(await page.getByLabel('Body').first().innerText())
}

/** Waits until the page shows a request with this body. */
export function bodyBecomes(expected: unknown): Promise<void> {
  return becomes(body, expected)
}

/** Waits until the field has this value. `waitForFunction` would need `eval`, which the page does not allow. */
export function valueBecomes(field: string, expected: string): Promise<void> {
  return becomes(() => page.locator(field).inputValue(), expected)
}

async function becomes(read: () => Promise<unknown>, expected: unknown): Promise<void> {
  const until = Date.now() + PATIENCE.timeout
  while (!isDeepStrictEqual(await read(), expected) && Date.now() < until) await page.waitForTimeout(50)
  expect(await read()).toEqual(expected)
}

export async function mockOff(): Promise<void> {
  await page.getByText('Only preview', { exact: true }).click()
  await page.getByText('Not sent yet.').waitFor()
}
