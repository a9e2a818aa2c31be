/**
 * Writes `docs/playground.png` and `docs/playground-phone.png`, and prints how soon the page can be used.
 * Run with `npx tsx playground/take-screenshots.ts`; it needs Chromium at /usr/bin/chromium and port 8010.
 */
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { appDirectory } from '../sandbox/app/app-files'
import { launchChromium } from '../sandbox/lib/chromium'
import { createPlayground } from './api'
import { pageFiles } from './page-files'
import { readRecordedEvents, recipesNow } from './recorded-events'
import { Session, USUAL_SERVER } from './session'

const PORT = 8010
const ADDRESS = `http://localhost:${PORT}`
const LOADS = 5

async function main(): Promise<void> {
  const session = new Session({ recorded: await readRecordedEvents(), recipes: recipesNow() })
  await session.problems({ settings: {}, server: USUAL_SERVER })
  const server = createPlayground(session, await pageFiles())
  await new Promise<void>((resolve) => server.listen(PORT, '127.0.0.1', resolve))
  const browser = await launchChromium()
  try {
    await measure(browser)
    await screenshot(browser, 'playground.png', { width: 1440, height: 900 })
    session.reset()
    await screenshot(browser, 'playground-phone.png', { width: 390, height: 844 })
  } finally {
    await browser.close()
    session.close()
    server.closeAllConnections()
    server.close()
  }
}

/** Prints the time from the start of the navigation until the form and the events are drawn. */
async function measure(browser: Browser): Promise<void> {
  const page = await browser.newPage()
  const times: number[] = []
  for (let load = 0; load < LOADS; load++) {
    await page.goto(ADDRESS)
    await page.locator('#result-body .request').waitFor()
    times.push(await page.evaluate<number>("performance.getEntriesByName('usable')[0].startTime"))
  }
  await page.close()
  process.stdout.write(`usable after ${times.map((time) => Math.round(time)).join(', ')} ms\n`)
}

async function screenshot(browser: Browser, name: string, viewport: { width: number; height: number }): Promise<void> {
  const page = await browser.newPage({ viewport, reducedMotion: 'reduce', colorScheme: 'light' })
  await page.goto(ADDRESS)
  await page.locator('#settings-file').setInputFiles(join(appDirectory, 'sandbox/events/sample-config.json'))
  await page.waitForFunction("document.querySelector('#setting-contactMailingLists').value !== ''")
  await page.locator('#setting-includeAllEventProperties').selectOption('Yes')
  await page.getByText('Mock out HTTP requests', { exact: true }).click()
  for (const event of ['$identify', 'purchase']) await send(page, event)
  // On a phone the sections stand one below the other.
  await page.locator('#result').evaluate((section: { scrollIntoView: () => void }) => {
    section.scrollIntoView()
  })
  // Move the pointer off the pressed button.
  await page.mouse.move(0, 0)
  await page.waitForTimeout(300)
  await page.screenshot({ path: join(appDirectory, 'docs', name) })
  await page.close()
}

async function send(page: Page, event: string): Promise<void> {
  await page.locator('#list-recorded').getByText(event, { exact: true }).first().click()
  await page.locator('#result-status', { hasText: `${event}: 1 request` }).waitFor()
  await page.locator('#result-body').getByText('Not sent yet.').waitFor()
  await page.getByRole('button', { name: 'Send event' }).click()
  await page.locator('#result-body').getByText('from the Loops stand-in').waitFor()
}

void main()
