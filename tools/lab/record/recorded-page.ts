/** A page of an app that uses posthog-js, in Chromium. Nothing that it asks for leaves this machine. */
import type { Browser, Page } from 'playwright-core'
import type { PostHogConfig } from 'posthog-js'
import { userAgentOf } from '../../lib/chromium'

export const TOKEN = 'phc_sandboxLarkfieldStationery'
export const APP = 'https://app.example.com'
const POSTHOG = 'https://posthog.example.com'

const PAGE_TITLES = new Map([
  ['/pricing', 'Pricing'],
  ['/dashboard', 'Dashboard'],
  ['/team', 'Team'],
  ['/login', 'Log in'],
])

/** Options that make every recording give the same events in the same order. */
const CONFIG: Partial<PostHogConfig> = {
  api_host: POSTHOG,
  request_batching: false,
  capture_pageleave: false,
  disable_external_dependency_loading: true,
}

export interface PageOptions {
  /** The source of posthog-js as an ECMAScript module. */
  sdk: string
  /** Where the events go. */
  captureUrl: string
  /** Further options of `posthog.init`. */
  config?: Partial<PostHogConfig>
}

/**
 * Opens a page in a new browser profile. The app and PostHog have fixed addresses, so that no port of this machine appears in
 * an event. `window.posthog` is posthog-js.
 */
export async function openApp(browser: Browser, { sdk, captureUrl, config }: PageOptions): Promise<Page> {
  const context = await browser.newContext({
    userAgent: userAgentOf(browser),
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/London',
  })
  const page = await context.newPage()
  await page.route('**/*', (route) => route.abort())
  await page.route(`${APP}/**`, (route) => {
    const { pathname } = new URL(route.request().url())
    if (pathname === '/posthog.js') return route.fulfill({ contentType: 'text/javascript', body: sdk })
    const title = PAGE_TITLES.get(pathname)
    return title === undefined
      ? route.fulfill({ status: 404 })
      : route.fulfill({ contentType: 'text/html', body: appPage(title, { ...CONFIG, ...config }) })
  })
  await page.route(`${POSTHOG}/**`, async (route) => {
    const response = await route.fetch({ url: route.request().url().replace(POSTHOG, captureUrl) })
    await route.fulfill({ response })
  })
  return page
}

function appPage(title: string, config: Partial<PostHogConfig>): string {
  return `<!doctype html>
    <html lang="en">
      <title>${title} | Larkfield Stationery</title>
      <main>
        <h1>${title}</h1>
        <button type="button" class="button primary" data-attr="add-to-basket">Add to basket</button>
      </main>
      <script type="module">
        import posthog from '/posthog.js'
        window.posthog = posthog
        posthog.init(${JSON.stringify(TOKEN)}, ${JSON.stringify(config)})
      </script>
    </html>`
}
