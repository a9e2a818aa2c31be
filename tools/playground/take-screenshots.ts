/**
 * Writes `docs/playground.png` and `docs/playground-dark.png`, and prints how soon the page can be used.
 * Run with `npx tsx tools/playground/take-screenshots.ts`; it needs Chromium at /usr/bin/chromium and port 8010. With a folder as
 * its argument it writes the page there at four widths, light and dark, with both editions, to look at.
 */
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { appDirectory } from '../lib/app-files'
import { launchChromium } from '../lib/chromium'
import { createPlayground } from './api'
import { TODAY } from './contract'
import { pageFiles } from './page-files'
import { readRecordedEvents } from '../simulators/posthog/recorded-events'
import { recipesNow } from './recipes'
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
    const [folder] = process.argv.slice(2)
    if (folder === undefined) await takeForDocs(browser, session)
    else await takeAll(browser, session, folder)
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

interface Look {
  path: string
  width: number
  colorScheme: 'light' | 'dark'
  server: string
}

async function takeForDocs(browser: Browser, session: Session): Promise<void> {
  const docs = join(appDirectory, 'docs')
  const looks: Look[] = [
    { path: join(docs, 'playground.png'), width: 1440, colorScheme: 'light', server: USUAL_SERVER },
    { path: join(docs, 'playground-dark.png'), width: 1440, colorScheme: 'dark', server: TODAY },
  ]
  for (const look of looks) await take(browser, session, look)
}

async function takeAll(browser: Browser, session: Session, folder: string): Promise<void> {
  for (const width of [1440, 1024, 768, 390]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const server = colorScheme === 'light' ? USUAL_SERVER : TODAY
      await take(browser, session, { path: join(folder, `${width}-${colorScheme}.png`), width, colorScheme, server })
    }
  }
}

/** Shows the recipe of a purchase that has been sent to an empty simulator. */
async function take(browser: Browser, session: Session, { path, width, colorScheme, server }: Look): Promise<void> {
  session.reset()
  const viewport = { width, height: 900 }
  const page = await browser.newPage({ viewport, reducedMotion: 'reduce', colorScheme })
  await page.goto(ADDRESS)
  await page.locator('#server').selectOption(server)
  await page.locator('#recipe').selectOption('purchase')
  await page.locator('#result-status', { hasText: 'purchase: 1 request' }).waitFor()
  await page.getByText('Only preview', { exact: true }).click()
  await page.getByText('Not sent yet.').waitFor()
  await page.getByRole('button', { name: 'Send event' }).click()
  await page.locator('#loops-body').getByRole('heading', { name: '1 event' }).waitFor()
  await showRows(page, server)
  // Move the pointer off the pressed button.
  await page.mouse.move(0, 0)
  await page.waitForTimeout(300)
  await page.screenshot({ path, fullPage: width < 1240 })
  await page.close()
}

/** Scrolls the settings to the rows of what is sent, on a wide screen. */
async function showRows(page: Page, server: string): Promise<void> {
  if (server !== TODAY) {
    for (const key of ['eventProperties', 'eventFilters']) {
      await page
        .locator('.field', { has: page.locator(`#setting-${key}`) })
        .locator('summary')
        .click()
    }
  }
  const place = server === TODAY ? page.locator('.mapping').last() : page.locator('#setting-trackedEvents')
  await place.evaluate((shown: { scrollIntoView: (options: object) => void }) => {
    shown.scrollIntoView({ block: 'center' })
  })
}

void main()
