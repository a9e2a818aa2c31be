import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // posthog-js drops the events of a browser under remote control.
  '--disable-blink-features=AutomationControlled',
]

/** Starts Debian's Chromium without a window. Throws if it is not installed. */
export async function launchChromium(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`There is no ${CHROMIUM}: apt-get install chromium`)
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS })
}

/** The user agent of a browser with a window: posthog-js drops the events of headless browsers. */
export function userAgentOf(browser: Browser): string {
  const [major = ''] = browser.version().split('.')
  return `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${major}.0.0.0 Safari/537.36`
}
