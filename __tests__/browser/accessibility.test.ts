import axe from 'axe-core'
import type { AxeResults } from 'axe-core'
import type { BrowserContextOptions } from 'playwright-core'
import { DESKTOP, page, open, choose, textOf, mockOff } from './setup'

// Each of these looks at the whole page five times, which takes a minute on a busy machine.
jest.setTimeout(300_000)
const PHONE = { width: 360, height: 740 }

describe('accessibility', () => {
  const looks: [string, BrowserContextOptions][] = [
    ['desktop, light', { viewport: DESKTOP, colorScheme: 'light' }],
    ['desktop, dark', { viewport: DESKTOP, colorScheme: 'dark' }],
    ['phone, light', { viewport: PHONE, colorScheme: 'light' }],
    ['phone, dark', { viewport: PHONE, colorScheme: 'dark', reducedMotion: 'reduce' }],
  ]

  async function violations(): Promise<string[]> {
    // A result that took long to come fades in, and while it is faint its contrast is too low.
    await page.evaluate('Promise.allSettled(document.getAnimations().map(({ finished }) => finished))')
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

    await page.getByRole('button', { name: 'Install', exact: true }).click()
    await page.locator('#install-settings dt').first().waitFor()
    expect(await violations()).toEqual([])
    await page.getByRole('button', { name: 'Close' }).click()

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

  test.each(looks)('has no serious problem with the destination and its rows on %s', async (_name, options) => {
    await open(options)
    await page.locator('#setting-eventFilters').fill('total > 0')
    for (const summary of await page.locator('.setting-rows summary').all()) await summary.click()
    expect(await violations()).toEqual([])

    await page.getByLabel('PostHog server').selectOption('today')
    await page.getByRole('button', { name: 'Install', exact: true }).click()
    await page.locator('#install-link[href]').waitFor()
    expect(await violations()).toEqual([])
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByLabel('Start from').selectOption('purchase')
    await page.locator('#result-body .request').getByText('by the mapping').waitFor()
    await page.locator('#destination-email').fill('{person.')
    await textOf('#destination-email-error')
    expect(await violations()).toEqual([])
  })

  test('has all in view at every width', async () => {
    await open()
    await page.locator('#setting-eventFilters').fill('total > 0')
    for (const summary of await page.locator('.setting-rows summary').all()) await summary.click()
    await mockOff()
    await page.getByRole('button', { name: 'Send event' }).click()
    await page.getByRole('button', { name: 'Send again' }).waitFor()
    for (const server of ['2024-02', 'today']) {
      await page.getByLabel('PostHog server').selectOption(server)
      for (const width of [1440, 1240, 1239, 1024, 768, 739, 390, 360]) {
        await page.setViewportSize({ width, height: 800 })
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width)
      }
    }
  })

  test.each(['2024-02', 'today'])('cuts no text of a recipe on %s at any width', async (server) => {
    await open()
    await page.getByLabel('PostHog server').selectOption(server)
    await page.getByLabel('Start from').selectOption('purchase')
    await page.locator('#result-status', { hasText: 'purchase: 1 request' }).waitFor()
    for (const summary of await page.locator('.setting-rows summary').all())
      if (await summary.isVisible()) await summary.click()
    for (const width of [1440, 1240, 1024, 768, 390, 360]) {
      await page.setViewportSize({ width, height: 800 })
      const cut = await page.evaluate<string[]>(`
        [...document.querySelectorAll('.field input:not([type=password]), .field textarea, .event-name, #chosen-json')]
          .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
          .map((one) => one.value ?? one.textContent)`)
      expect([width, cut]).toEqual([width, []])
      // A select shows its text with the room for its arrow.
      const narrow = await page.evaluate<string[]>(`
        [...document.querySelectorAll('select')].filter((one) => one.checkVisibility()).filter((one) => {
          const context = document.createElement('canvas').getContext('2d')
          context.font = getComputedStyle(one).font
          return context.measureText(one.selectedOptions[0].text).width > one.clientWidth - 28
        }).map((one) => one.selectedOptions[0].text)`)
      expect([width, narrow.filter((text) => text !== 'event' && text !== '>')]).toEqual([width, []])
    }
  })

  test('has texts of 16 px in all fields on a phone, so that iOS does not zoom in', async () => {
    await open({ viewport: PHONE, hasTouch: true })
    await page.getByLabel('PostHog server').selectOption('today')
    for (const summary of await page.locator('.setting-rows summary').all())
      await summary.evaluate((one: { click: () => void }) => {
        one.click()
      })
    const sizes = await page.evaluate<string[]>(`
      [...document.querySelectorAll('input:not([type=checkbox]):not([type=file]), select, textarea')]
        .map((field) => getComputedStyle(field).fontSize)`)
    expect(new Set(sizes)).toEqual(new Set(['16px']))
  })

  test('has tabs on a phone that tell what is below', async () => {
    await open({ viewport: PHONE, reducedMotion: 'reduce' })
    const tabs = page.getByRole('navigation', { name: 'Sections' })
    await tabs.getByRole('link', { name: 'Result PUT' }).click()
    await tabs.locator('[aria-current]', { hasText: 'Result' }).waitFor()
    await tabs.getByRole('link', { name: 'Events' }).click()
    await tabs.locator('[aria-current]', { hasText: 'Events' }).waitFor()
    await page.locator('#loops-heading').scrollIntoViewIfNeeded()
    await tabs.locator('[aria-current]', { hasText: 'Result' }).waitFor()
    await mockOff()
    await page.getByRole('button', { name: 'Send event' }).click()
    await tabs.getByRole('link', { name: 'Result 200' }).waitFor()
    await page.locator('#setting-email').fill('nobody')
    await tabs.getByRole('link', { name: 'Settings 1' }).waitFor()
  })

  test('leads on a phone to a field that is in view below the tabs, however long it is', async () => {
    await open({ viewport: PHONE, reducedMotion: 'reduce' })
    await page.getByLabel('PostHog server').selectOption('today')
    const mapping = page.getByRole('group', { name: 'Send events', exact: true })
    const field = mapping.getByRole('group', { name: 'Event properties' })
    for (let row = 0; row < 7; row++) await field.getByRole('button', { name: 'Add a row' }).click()
    await field.getByLabel('Value').first().fill('{{event.properties.total}}')
    await page.locator('.reason').getByRole('button', { name: 'Send events, Event properties' }).click()
    const [tabs, top] = await page.evaluate<number[]>(`
      [document.querySelector('.sections').getBoundingClientRect().bottom, document.activeElement.getBoundingClientRect().top]`)
    expect(top).toBeGreaterThan(Number(tabs))
  })
})
