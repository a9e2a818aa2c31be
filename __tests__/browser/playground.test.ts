import axe, { type AxeResults } from 'axe-core'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { PostHog } from 'posthog-node'
import { createPlayground } from '../../playground/api'
import { pageFiles } from '../../playground/page-files'
import { Session } from '../../playground/session'
import { appDirectory } from '../../sandbox/app/app-files'
import { launchChromium, userAgentOf } from '../../sandbox/lib/chromium'
import { readEventFile } from '../../sandbox/app/event-file'
import type { CapturedEvent } from '../../sandbox/posthog/shapes'
import { apiKey } from '../app/given'

jest.setTimeout(90_000)

const PATIENCE = { timeout: 20_000 }
const DESKTOP = { width: 1440, height: 900 }
const PHONE = { width: 360, height: 740 }
const SAMPLE_SETTINGS = join(appDirectory, 'sandbox/events/sample-config.json')

let session: Session
let server: Server
let address: string
let browser: Browser
let page: Page
/** What the page has complained about in its console, a breach of its own content policy for one. */
let complaints: string[]

beforeAll(async () => {
  browser = await launchChromium()
  const recorded: CapturedEvent[] = []
  for await (const event of readEventFile(join(appDirectory, 'sandbox/events/sample.json'))) recorded.push(event)
  session = new Session({
    recorded,
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

async function listening(one: Server): Promise<string> {
  await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
  return `http://localhost:${(one.address() as AddressInfo).port}`
}

async function open(options: BrowserContextOptions = {}): Promise<void> {
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

/** Waits until the result of the event is shown. */
async function resultOf(name: string): Promise<Locator> {
  await page.locator('#result-status', { hasText: `${name}: ` }).waitFor()
  return page.locator('#result-body')
}

function choose(name: RegExp): Promise<void> {
  return page.getByRole('option', { name }).first().click()
}

/** The text of an element once it is there and has any. */
async function textOf(selector: string): Promise<string> {
  const found = page.locator(selector, { hasText: /\S/ })
  await found.waitFor()
  return (await found.innerText()).trim()
}

function isGone(selector: string): Promise<void> {
  return page.locator(selector).waitFor({ state: 'hidden' })
}

async function body(): Promise<unknown> {
  return JSON.parse(await page.getByLabel('Body').first().innerText())
}

async function mockOff(): Promise<void> {
  await page.getByText('Mock out HTTP requests', { exact: true }).click()
  await page.getByText('Not sent yet.').waitFor()
}

describe('settings', () => {
  beforeEach(() => open())

  test('have an error at their field while it is wrong, and nothing moves', async () => {
    const next = page.getByLabel('User ID', { exact: true })
    // In view already, so that filling in scrolls nothing.
    await next.scrollIntoViewIfNeeded()
    const place = await next.boundingBox()

    await page.getByLabel('Email of the user').fill('nobody')
    expect(await textOf('#setting-email-error')).toBe(
      '"nobody" would give everybody the same contact: name where the address is found, like {person.properties.email}.',
    )
    expect(await page.locator('[aria-invalid]').count()).toBe(1)
    expect(await page.getByLabel('Email of the user').getAttribute('aria-invalid')).toBe('true')
    expect(await textOf('#settings-status')).toBe('1 problem: Email of the user.')
    await page.getByText('The app is off until its settings are mended.').waitFor()
    expect(await next.boundingBox()).toEqual(place)

    await page.getByLabel('Email of the user').fill('{person.properties.email}')
    await isGone('[aria-invalid]')
    await page.locator('#result-body .request').waitFor()
    expect(await page.locator('#setting-email-error').innerText()).toBe('')
    expect(await textOf('#settings-status')).toBe('The app accepts these settings.')
    expect(await next.boundingBox()).toEqual(place)
  })

  test('are drawn as PostHog draws them', async () => {
    const key = page.getByLabel('Loops API key')
    expect(await key.getAttribute('type')).toBe('password')
    expect(await page.getByLabel('Delivery').locator('option').allInnerTexts()).toEqual(['direct', 'webhook'])
    expect(await page.locator('#setting-apiKey-hint a').getAttribute('href')).toMatch(/^https:\/\/app\.loops\.so\//)
    expect(await page.locator('#setting-dryRun-hint code').innerText()).toBe('Yes')
    expect(await page.getByLabel('Events to send', { exact: true }).inputValue()).toBe('$pageview')
  })

  test('come from a file and go to one, and the key does not', async () => {
    await page.getByLabel('Loops API key').fill(apiKey)
    await page.locator('#settings-file').setInputFiles({
      name: 'mine.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify({ trackedEvents: 'purchase', delivery: 'pigeon', apiKey: 'of the file' })),
    })
    expect(await textOf('#setting-delivery-error')).toMatch(/^"pigeon" is not one of the choices/)
    expect(await page.getByLabel('Loops API key').inputValue()).toBe(apiKey)

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save' }).click(),
    ])
    const saved = JSON.parse(readFileSync(await download.path(), 'utf8')) as Record<string, string>
    expect(saved).toMatchObject({ trackedEvents: 'purchase', contactEvents: '$identify, $set' })
    expect(saved).not.toHaveProperty('apiKey')
  })

  test('outlive a reload, but the key does not, and another tab starts afresh', async () => {
    await page.getByLabel('Loops API key').fill(apiKey)
    await page.getByLabel('PostHog server').selectOption('2025-09')
    await page.getByLabel('Dry run').selectOption('Yes')
    await page.getByLabel('Events that update contacts').fill('')
    await page.getByLabel('Events to send', { exact: true }).fill('purchase')
    await page.getByRole('option', { name: /^purchase POST/ }).first().waitFor() // prettier-ignore
    expect(await page.evaluate<string>('JSON.stringify({ ...sessionStorage, ...localStorage })')).not.toContain(apiKey)

    await page.reload()
    await resultOf('$identify')
    expect(await shown(page)).toEqual(['loops-sandbox-key', '2025-09', 'Yes', '', 'purchase'])

    page = await page.context().newPage()
    await page.goto(address)
    await resultOf('$identify')
    expect(await shown(page)).toEqual(['loops-sandbox-key', '2024-02', 'No', '$identify, $set', '$pageview'])
  })

  function shown(tab: Page): Promise<string[]> {
    const fields = ['setting-apiKey', 'server', 'setting-dryRun', 'setting-contactEvents', 'setting-trackedEvents']
    return Promise.all(fields.map((id) => tab.locator(`#${id}`).inputValue()))
  }

  test('that are wrong are all named, however many they are', async () => {
    const halves = ['eventFilters', 'contactFilters', 'eventMailingLists', 'contactMailingLists']
    for (const key of ['email', 'requestsPerSecond', ...halves]) await page.locator(`#setting-${key}`).fill('nobody')
    const status = page.locator('#settings-status')
    await status.filter({ hasText: /^6 problems/ }).waitFor()
    for (const width of [1440, 1240, 360]) {
      await page.setViewportSize({ width, height: 900 })
      const [content, visible] = await page.evaluate<string[]>(`
        [['scrollWidth', 'scrollHeight'], ['clientWidth', 'clientHeight']].map((names) =>
          names.map((name) => document.querySelector('#settings-status')[name]).join(' x '))`)
      expect(content).toBe(visible)
    }
  })

  test('are copied for PostHog’s REST API', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.getByLabel('Loops API key').fill(apiKey)
    await page.getByRole('button', { name: 'Copy as JSON' }).click()
    await page.getByText('Replace PLUGIN_ID and LOOPS_API_KEY yourself').waitFor()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(JSON.parse(copied)).toMatchObject({
      plugin: 'PLUGIN_ID',
      enabled: true,
      config: { apiKey: 'LOOPS_API_KEY', trackedEvents: '$pageview' },
    })
  })

  test('say what is wrong with a file', async () => {
    const file = { name: 'bad.json', mimeType: 'application/json', buffer: Buffer.from('{') }
    await page.locator('#settings-file').setInputFiles(file)
    await page.getByText('bad.json is not JSON').waitFor()
  })

  test('are judged by the server that is chosen', async () => {
    await page.getByLabel('Delivery').selectOption('webhook')
    await page.locator('#result-body .request').waitFor()
    await page.getByLabel('PostHog server').selectOption('2025-09')
    await page.getByText('PostHog 2025-09 never asks the app for a webhook: choose "direct".').waitFor()
  })
})

describe('an event', () => {
  beforeEach(() => open())

  test('becomes a request that can be read', async () => {
    await choose(/^\$pageview .*user_48213/)
    const result = await resultOf('$pageview')
    expect(await result.locator('.request-line').innerText()).toMatch(
      /^POST\s+https:\/\/app\.loops\.so\/api\/v1\/events\/send$/,
    )
    expect((await result.getByLabel('Headers').innerText()).split('\n').filter((line) => line !== '')).toEqual([
      'Authorization',
      'Bearer ••••••••',
      'Content-Type',
      'application/json',
      'Idempotency-Key',
      '01a20c3f-fe87-7938-8a30-ad561f5892a4',
    ])
    expect(await body()).toEqual({
      eventName: '$pageview',
      eventProperties: { pathname: '/dashboard' },
      userId: 'user_48213',
    })
    expect(await result.locator('.json-name').first().innerText()).toBe('"eventName"')
    await result.getByText('Not sent: HTTP requests are mocked out.').waitFor()
    await result.getByText('There is no email address').waitFor()
  })

  test('has a verdict in the list, and a reason if there is no request', async () => {
    const names = ['$pageview', '$identify', 'user signed up']
    const badges = page.locator('#list-recorded .badge', { hasText: /\S/ })
    await badges.nth(2).waitFor()
    expect((await badges.allInnerTexts()).slice(0, names.length)).toEqual(['skipped', 'PUT', 'not asked for'])
    await choose(/^\$pageview/)
    await page.getByText('The event is skipped: it has neither an email address nor a user ID.').waitFor()
    await choose(/^user signed up/)
    await page.getByText('The settings do not ask for this event').waitFor()
  })

  test('of one’s own is checked as it is typed', async () => {
    await page.getByLabel('Events to send', { exact: true }).fill('order:placed')
    await page.getByRole('tab', { name: 'Your own' }).click()
    const editor = page.getByLabel('Your own event as JSON')
    await editor.fill('{"event": "order:placed", ')
    expect(await textOf('#own-problem')).toMatch(/^This is not JSON yet: .*line 1/)
    await page.locator('#result-body').getByText('Mend the event first.').waitFor()
    await editor.fill('{"event": "order:placed"}')
    await page.locator('#own-problem', { hasText: 'has no distinct_id. PostHog refuses such an event.' }).waitFor()
    await editor.fill('{"event": "order:placed", "distinct_id": "user_1"}')
    await page.getByText('"order:placed" is called "order_placed" there.').waitFor()
    expect(await page.locator('#own-problem').innerText()).toBe('')
    expect(await body()).toMatchObject({ eventName: 'order_placed', userId: 'user_1' })
  })

  test('can be edited as a copy, which has no uuid of its own', async () => {
    await page.getByRole('button', { name: 'Edit a copy' }).click()
    const edited = JSON.parse(await page.getByLabel('Your own event as JSON').inputValue()) as object
    expect({ ...edited, uuid: undefined }).toEqual({ ...session.recorded[1], uuid: undefined })
    expect(edited).not.toHaveProperty('uuid')
  })
})

describe('without mocked requests', () => {
  beforeEach(() => open())

  test('the example of one’s own can be sent again and again', async () => {
    await page.getByLabel('Events to send', { exact: true }).fill('purchase')
    await page.getByRole('tab', { name: 'Your own' }).click()
    await resultOf('purchase')
    await mockOff()
    for (const count of ['1 event', '2 events']) {
      await page.getByRole('button', { name: 'Send event' }).click()
      await page.locator('#loops-body').getByRole('heading', { name: count }).waitFor()
    }
  })

  test('an event reaches the Loops stand-in, which shows the contact, its lists and the event', async () => {
    await page.locator('#settings-file').setInputFiles(SAMPLE_SETTINGS)
    await page.getByText('"source"').waitFor()
    await mockOff()
    const send = page.getByRole('button', { name: 'Send event' })
    await send.click()
    const result = page.locator('#result-body')
    await result.getByText('from the Loops stand-in').waitFor()
    expect(JSON.parse(await result.getByLabel('Answer').innerText())).toEqual({ success: true, id: 'contact-1' })
    const loops = page.locator('#loops-body')
    await loops.getByRole('heading', { name: '1 contact' }).waitFor()
    expect(await loops.innerText()).toMatch(
      /^maren\.holt@example\.com\n+userId user_48213.*firstName Maren.*plan free$/ms,
    )

    await choose(/^user signed up/)
    await resultOf('user signed up')
    await page.getByText('Not sent yet.').waitFor()
    await send.click()
    await loops.getByRole('heading', { name: '1 event' }).waitFor()
    expect(await loops.innerText()).toMatch(/signedUp of maren\.holt@example\.com\n+pathname \/pricing/)

    await page.getByRole('button', { name: 'Empty it' }).click()
    await page.getByText('It is empty.').waitFor()
  })

  test('the real Loops is confirmed each time it is switched on', async () => {
    await mockOff()
    const target = page.getByLabel('Send to', { exact: true })
    const dialog = page.getByRole('dialog', { name: 'Send to the real Loops?' })
    await target.selectOption('loops')
    await dialog.getByRole('button', { name: 'Keep to the stand-in' }).click()
    expect(await target.inputValue()).toBe('stand-in')
    await target.selectOption('loops')
    await dialog.getByRole('button', { name: 'Send to the real Loops' }).click()
    expect(await target.inputValue()).toBe('loops')
    // The key is still the stand-in's.
    await page.getByRole('button', { name: 'Send event' }).click()
    await page.locator('#result-body').getByText('The real Loops needs the key of your account').waitFor()

    await page.getByText('Mock out HTTP requests', { exact: true }).click()
    await mockOff()
    expect(await target.inputValue()).toBe('stand-in')
  })
})

describe('the keyboard alone', () => {
  beforeEach(() => open())

  test('reaches the result, the events, the switch and the button', async () => {
    const { keyboard } = page
    const focused = page.locator(':focus')
    await keyboard.press('Tab')
    expect(await focused.innerText()).toBe('Skip to the result')
    await keyboard.press('Enter')
    await keyboard.press('Tab')
    expect(await focused.getAttribute('id')).toBe('mock')
    await keyboard.press('Space')
    await page.getByText('Not sent yet.').waitFor()
    await keyboard.press('Tab')
    expect(await focused.getAttribute('id')).toBe('target')
    await keyboard.press('Tab')
    await keyboard.press('Enter')
    await page.locator('#result-body').getByText('from the Loops stand-in').waitFor()

    await page.getByRole('tab', { name: 'Recorded' }).focus()
    await keyboard.press('Tab')
    expect(await focused.innerText()).toContain('$identify')
    await keyboard.press('ArrowDown')
    await resultOf('user signed up')
    await page.getByRole('tab', { name: 'Recorded' }).focus()
    await keyboard.press('ArrowLeft')
    expect(await focused.innerText()).toBe('Your own')
    await resultOf('purchase')
  })
})

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

  test('an unmodified posthog-node appear, and are sent as they arrive if that is asked for', async () => {
    const posthog = new PostHog('any-key', { host: address })
    posthog.capture({ distinctId: 'user_1', event: 'subscription renewed', properties: { $set: { plan: 'pro' } } })
    await posthog.flush()
    await page.getByRole('option', { name: /^subscription renewed/ }).waitFor()
    await mockOffWithoutRequest()
    await page.getByLabel('Send to the stand-in as they arrive').check()

    posthog.identify({ distinctId: 'user_1', properties: { email: 'ada@example.com' } })
    posthog.alias({ distinctId: 'user_1', alias: 'crm_1' })
    await posthog.shutdown()
    await page.locator('#loops-body').getByText('ada@example.com').first().waitFor()
    expect(await names()).toEqual(['subscription renewed', '$identify', '$create_alias'])
    expect(await textOf('#events-status')).toBe('Listening. 3 events, the newest first.')
    expect(await page.locator('#live-count').innerText()).toBe('3')

    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByText('Point an SDK at this page').waitFor()
  })

  async function mockOffWithoutRequest(): Promise<void> {
    await page.getByText('Mock out HTTP requests', { exact: true }).click()
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

describe('accessibility', () => {
  const looks: [string, BrowserContextOptions][] = [
    ['desktop, light', { viewport: DESKTOP, colorScheme: 'light' }],
    ['desktop, dark', { viewport: DESKTOP, colorScheme: 'dark' }],
    ['phone, light', { viewport: PHONE, colorScheme: 'light' }],
    ['phone, dark', { viewport: PHONE, colorScheme: 'dark', reducedMotion: 'reduce' }],
  ]

  async function violations(): Promise<string[]> {
    // As a call of the debugger, since the page's own policy lets no foreign script in.
    await page.evaluate(axe.source)
    const { violations: found } = await page.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'] })")
    return found
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  }

  test.each(looks)('has no serious problem on %s', async (_name, options) => {
    await open(options)
    expect(await violations()).toEqual([])

    await page.locator('#setting-includeAllEventProperties').selectOption('Yes')
    await page.locator('#setting-trackedEvents').fill('purchase')
    await choose(/^purchase/)
    await page.getByRole('heading', { name: 'Warnings' }).waitFor()
    await mockOff()
    await page.getByRole('button', { name: 'Send event' }).click()
    await page.getByRole('heading', { name: 'Errors' }).waitFor()
    expect(await violations()).toEqual([])

    await page.locator('#setting-email').fill('nobody')
    await textOf('#setting-email-error')
    await page.getByRole('tab', { name: /^Live/ }).click()
    await page.locator('#target').selectOption('loops')
    await page.getByRole('dialog').waitFor()
    expect(await violations()).toEqual([])
  })

  test('has all in view at every width', async () => {
    await open()
    for (const width of [1440, 1240, 1239, 768, 390, 360]) {
      await page.setViewportSize({ width, height: 800 })
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width)
    }
  })

  test('has tabs on a phone that tell what is below', async () => {
    await open({ viewport: PHONE, reducedMotion: 'reduce' })
    const tabs = page.getByRole('navigation', { name: 'Sections' })
    await tabs.getByRole('link', { name: 'Result PUT' }).click()
    await tabs.locator('[aria-current]', { hasText: 'Result' }).waitFor()
    await page.locator('#setting-email').fill('nobody')
    await tabs.getByRole('link', { name: 'Settings 1' }).waitFor()
  })
})
