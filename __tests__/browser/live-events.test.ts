import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Page } from 'playwright-core'
import { PostHog } from 'posthog-node'
import { userAgentOf } from '../../tools/lib/chromium'
import { session, address, browser, page, open, resultOf, choose, textOf, body, listening } from './setup'

jest.setTimeout(90_000)

describe('live events of', () => {
  const names = async (): Promise<string[]> => {
    const shown = await page.locator('#list-live .event-name').allInnerTexts()
    return shown.reverse()
  }

  beforeEach(async () => {
    await open()
    await page.getByRole('tab', { name: /^Live/ }).click()
    await page.getByText(`api_host: '${address}'`).waitFor()
  })

  test('an unmodified posthog-js appear as they happen, and become requests', async () => {
    const shop = await openShop()
    await shop.click('button')
    await shop.evaluate(`
      posthog.identify('user_1', { email: 'ada@example.com' })
      posthog.capture('purchase', { total: 49.5, note: 'ûûû>>> 5 €' })
      posthog.setPersonProperties({ plan: 'pro' })
    `)
    const expected = ['$pageview', '$autocapture', '$identify', 'purchase', '$set']
    await page
      .locator('#list-live .event-name')
      .nth(expected.length - 1)
      .waitFor()
    expect((await names()).sort()).toEqual([...expected].sort())

    // What an SDK still holds when its page is closed it sends as a beacon.
    const captured = await shop.evaluate<string[]>('captured')
    const context = shop.context()
    await shop.close({ runBeforeUnload: true })
    await page.getByRole('option', { name: /^\$pageleave/ }).waitFor()
    expect(session.live.all().map(({ event }) => event.uuid)).toEqual(expect.arrayContaining(captured))
    expect(session.live.all()).toHaveLength(captured.length + 1)

    await choose(/^\$identify/)
    await resultOf('$identify')
    await page.locator('#list-live [aria-selected=true] .badge', { hasText: 'PUT' }).waitFor()
    expect(await body()).toEqual({ email: 'ada@example.com', userId: 'user_1' })
    await choose(/^purchase/)
    await page.locator('#chosen-json', { hasText: 'ûûû>>> 5 €' }).waitFor()
    await context.close()
  })

  test('an unmodified posthog-node appear, and are sent as they arrive if the user chooses so', async () => {
    const posthog = new PostHog('any-key', { host: address })
    posthog.capture({ distinctId: 'user_1', event: 'subscription renewed', properties: { $set: { plan: 'pro' } } })
    await posthog.flush()
    await page.getByRole('option', { name: /^subscription renewed/ }).waitFor()
    await mockOffWithoutRequest()
    await page.getByLabel('Send to the simulator as they arrive').check()

    posthog.identify({ distinctId: 'user_1', properties: { email: 'ada@example.com' } })
    posthog.alias({ distinctId: 'user_1', alias: 'crm_1' })
    await posthog.shutdown()
    await page.locator('#loops-body').getByText('ada@example.com').first().waitFor()
    await page.getByRole('option', { name: /^\$identify 200 PUT/ }).waitFor()
    expect(await names()).toEqual(['subscription renewed', '$identify', '$create_alias'])
    expect(await textOf('#events-status')).toBe('Listening. 3 events, the newest first.')
    expect(await page.locator('#live-count').innerText()).toBe('3')

    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByText('Point an SDK at this page').waitFor()
  })

  async function mockOffWithoutRequest(): Promise<void> {
    await page.getByText('Only preview', { exact: true }).click()
    await page.locator('#target:enabled').waitFor()
  }

  /** A page of another origin with the SDK in it, as its package has it. */
  async function openShop(): Promise<Page> {
    const sdk = readFileSync(require.resolve('posthog-js/dist/module.js'))
    const shopServer = createServer(({ url }, response) => {
      if (url === '/posthog.js') response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(sdk)
      else response.writeHead(200, { 'Content-Type': 'text/html' }).end(shopPage())
    })
    const shopAddress = await listening(shopServer)
    shopServer.unref()
    const context = await browser.newContext({ userAgent: userAgentOf(browser) })
    const shop = await context.newPage()
    shop.on('close', () => {
      shopServer.closeAllConnections()
      shopServer.close()
    })
    await shop.goto(shopAddress)
    await shop.waitForFunction('window.posthog?.__loaded')
    return shop
  }

  function shopPage(): string {
    return `<!doctype html>
      <title>Shop</title>
      <button type="button">Add to basket</button>
      <script type="module">
        import posthog from '/posthog.js'
        window.posthog = posthog
        window.captured = []
        posthog.on('eventCaptured', ({ uuid }) => window.captured.push(uuid))
        posthog.init('any-key', { api_host: '${address}' })
      </script>`
  }
})
