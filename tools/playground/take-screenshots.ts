/**
 * Writes `docs/playground.png` and `docs/playground-dark.png`, and prints how soon the page can be used.
 * Run with `npx tsx tools/playground/take-screenshots.ts`; it needs Chromium at /usr/bin/chromium. With a folder as its
 * argument it writes the page there in each of its states, at four widths, light and dark, with both editions, to look at.
 */
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { appDirectory } from '../lib/app-files'
import { launchChromium } from '../lib/chromium'
import { listenOnLoopback } from '../lib/local-server'
import { createPlayground } from './api'
import { TODAY } from './contract'
import { pageFiles } from './page-files'
import { readRecordedEvents } from '../simulators/posthog/recorded-events'
import { recipesNow } from './recipes'
import { Session, USUAL_SERVER } from './session'

const LOADS = 5

interface Studio {
  browser: Browser
  session: Session
  address: string
}

interface Look {
  width: number
  colorScheme: 'light' | 'dark'
  server: string
}

async function main(): Promise<void> {
  const session = new Session({ recorded: await readRecordedEvents(), recipes: recipesNow() })
  await session.problems({ settings: {}, server: USUAL_SERVER })
  const server = createPlayground(session, await pageFiles())
  const local = await listenOnLoopback(server, 0)
  const studio = { browser: await launchChromium(), session, address: local.url }
  try {
    await measure(studio)
    const [folder] = process.argv.slice(2)
    if (folder === undefined) await takeForDocs(studio)
    else await takeAll(studio, folder)
  } finally {
    await studio.browser.close()
    session.close()
    await local.close()
  }
}

/** Prints the time from the start of the navigation until the form and the events are drawn. */
async function measure({ browser, address }: Studio): Promise<void> {
  const page = await browser.newPage()
  const times: number[] = []
  for (let load = 0; load < LOADS; load++) {
    await page.goto(address)
    await page.locator('#result-body .request').waitFor()
    times.push(await page.evaluate<number>("performance.getEntriesByName('usable')[0].startTime"))
  }
  await page.close()
  process.stdout.write(`usable after ${times.map((time) => Math.round(time)).join(', ')} ms\n`)
}

async function takeForDocs(studio: Studio): Promise<void> {
  const looks: [string, Look][] = [
    ['playground.png', { width: 1440, colorScheme: 'light', server: USUAL_SERVER }],
    ['playground-dark.png', { width: 1440, colorScheme: 'dark', server: TODAY }],
  ]
  for (const [name, look] of looks) {
    const page = await opened(studio, look)
    await sendPurchase(page, look)
    await page.screenshot({ path: join(appDirectory, 'docs', name) })
    await page.close()
  }
}

async function takeAll(studio: Studio, folder: string): Promise<void> {
  for (const width of [1440, 1024, 768, 390]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const server of [USUAL_SERVER, TODAY]) await takeStates(studio, folder, { width, colorScheme, server })
    }
  }
}

/** The page before anything is done, with a sent event, with the same event sent again, and with a problem. */
async function takeStates(studio: Studio, folder: string, look: Look): Promise<void> {
  const page = await opened(studio, look)
  const shoot = (state: string) =>
    page.screenshot({ path: join(folder, `${look.width}-${look.colorScheme}-${look.server}-${state}.png`) })
  await shoot('1-first')
  await sendPurchase(page, look)
  await shoot('2-sent')
  await page.getByRole('button', { name: 'Send event' }).click()
  await page.locator('.reason').waitFor()
  await shoot('3-again')
  await page.locator(look.server === TODAY ? '#destination-email' : '#setting-email').fill('{{person.email')
  await page.locator('.reason button').click()
  await shoot('4-problem')
  await page.close()
}

async function opened({ browser, session, address }: Studio, look: Look): Promise<Page> {
  session.reset()
  const { width, colorScheme, server } = look
  const page = await browser.newPage({ viewport: { width, height: 900 }, reducedMotion: 'reduce', colorScheme })
  await page.goto(address)
  if (server === TODAY) await page.locator('#server').selectOption(server)
  await page.locator('.badge', { hasText: 'PUT' }).first().waitFor()
  return page
}

/** Sends the event of the recipe of a purchase to the empty simulator. */
async function sendPurchase(page: Page, { server }: Look): Promise<void> {
  // It answers the question, too.
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
}

/** Scrolls the settings to the rows of what is sent. */
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
