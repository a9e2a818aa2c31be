import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { apiKey } from '../app/setup'
import { openAnotherTab, page, open, resultOf, textOf, valueBecomes } from './setup'

jest.setTimeout(90_000)

function isGone(selector: string): Promise<void> {
  return page.locator(selector).waitFor({ state: 'hidden' })
}

describe('settings', () => {
  beforeEach(() => open())

  test('have an error at their field while it is wrong, next to the hint', async () => {
    const hint = await textOf('#setting-email-hint')
    const next = page.locator('#setting-userId')
    await next.scrollIntoViewIfNeeded()
    const place = await next.boundingBox()

    await page.locator('#setting-email').fill('nobody')
    expect(await textOf('#setting-email-error')).toBe(
      '"nobody" would give everybody the same contact: write a placeholder like {person.properties.email}.',
    )
    expect(await textOf('#setting-email-hint')).toBe(hint)
    expect(await page.locator('[aria-invalid]').count()).toBe(1)
    expect(await page.locator('#setting-email').getAttribute('aria-invalid')).toBe('true')
    expect(await textOf('#settings-status')).toBe('1 problem: Email of the user.')
    await page.getByText('The app is off until its settings are fixed: Email of the user.').waitFor()

    await page.locator('#setting-email').fill('{person.properties.email}')
    await isGone('[aria-invalid]')
    await page.locator('#result-body .request').waitFor()
    expect(await page.locator('#setting-email-error').innerText()).toBe('')
    expect(await textOf('#settings-status')).toBe('The app accepts these settings.')
    expect(await next.boundingBox()).toEqual(place)
  })

  test('that are wrong are named in the result, and nothing can be sent', async () => {
    await page.locator('#setting-email').fill('nobody')
    await page.getByText('The app is off until its settings are fixed: Email of the user.').waitFor()
    await page.getByText('Only preview', { exact: true }).click()
    expect(await textOf('#send-reason')).toBe('The app is off.')
    expect(await page.getByRole('button', { name: 'Send event' }).isDisabled()).toBe(true)
    await page.locator('.reason').getByRole('button', { name: 'Email of the user' }).click()
    expect(await page.locator('#setting-email:focus').count()).toBe(1)
    await page.locator('#setting-email').fill('{person.properties.email}')
    await page.getByText('Not sent yet.').waitFor()
    expect(await page.getByRole('button', { name: 'Send event' }).isDisabled()).toBe(false)
  })

  test('are drawn as PostHog draws them', async () => {
    const key = page.locator('#setting-apiKey')
    expect(await key.getAttribute('type')).toBe('password')
    expect(await page.getByLabel('Delivery').locator('option').allInnerTexts()).toEqual(['direct', 'webhook'])
    expect(await page.locator('#setting-apiKey-hint a').getAttribute('href')).toMatch(/^https:\/\/app\.loops\.so\//)
    expect(await page.locator('#setting-dryRun-hint code').innerText()).toBe('Yes')
    expect(await page.getByLabel('Events to send', { exact: true }).inputValue()).toBe('$pageview')
  })

  test('come from a file and go to one, and the key does not', async () => {
    await page.locator('#setting-apiKey').fill(apiKey)
    await page.locator('#settings-file').setInputFiles({
      name: 'mine.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify({ trackedEvents: 'purchase', delivery: 'pigeon', apiKey: 'of the file' })),
    })
    expect(await textOf('#setting-delivery-error')).toMatch(/^"pigeon" must be "direct" or "webhook"/)
    expect(await page.locator('#setting-apiKey').inputValue()).toBe(apiKey)
    expect(await textOf('#settings-status')).toBe('1 problem: Delivery.\nLoaded mine.json: 2 settings changed.')
    expect(await page.locator('.is-changed > label').allInnerTexts()).toEqual(['Events to send', 'Delivery'])

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save' }).click(),
    ])
    const saved = JSON.parse(readFileSync(await download.path(), 'utf8')) as Record<string, string>
    expect(saved).toMatchObject({ trackedEvents: 'purchase', contactEvents: '$identify, $set' })
    expect(saved).not.toHaveProperty('apiKey')
  })

  test('outlive a reload, but the key does not, and another tab starts afresh, but for the server', async () => {
    await page.locator('#setting-apiKey').fill(apiKey)
    await page.getByLabel('PostHog server').selectOption('2025-09')
    await page.getByLabel('Dry run').selectOption('Yes')
    await page.getByLabel('Events that update contacts').fill('')
    await page.getByLabel('Events to send', { exact: true }).fill('purchase')
    await page.getByRole('option', { name: /^purchase POST/ }).first().waitFor() // prettier-ignore
    expect(await page.evaluate<string>('JSON.stringify({ ...sessionStorage, ...localStorage })')).not.toContain(apiKey)

    await page.reload()
    await resultOf('$identify')
    expect(await shown(page)).toEqual(['loops-sandbox-key', '2025-09', 'Yes', '', 'purchase'])

    await openAnotherTab()
    expect(await shown(page)).toEqual(['loops-sandbox-key', '2025-09', 'No', '$identify, $set', '$pageview'])
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

  test('are copied as a file has them, without the key', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.locator('#setting-apiKey').fill(apiKey)
    await page.locator('#setting-trackedEvents').fill('purchase')
    await page.getByRole('button', { name: 'Copy as JSON' }).click()
    await page.getByText('Copied without the key').waitFor()
    await page.locator('#setting-email').fill('nobody')
    await page.locator('#settings-status', { hasText: '1 problem: Email of the user.' }).waitFor()
    expect(await textOf('#settings-status')).toBe('1 problem: Email of the user.')
    await page.getByRole('button', { name: 'Copy as JSON' }).click()
    await page.getByText('Copied without the key').waitFor()
    expect(await textOf('#settings-status')).toMatch(/^1 problem: Email of the user\.\nCopied without the key/)
    await page.locator('#setting-email').fill('{person.properties.email}')
    await page.locator('#settings-status', { hasText: /^The app accepts these settings\.$/ }).waitFor()
    await page.getByRole('button', { name: 'Copy as JSON' }).click()
    await page.getByText('Copied without the key').waitFor()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(JSON.parse(copied)).toMatchObject({ trackedEvents: 'purchase', contactEvents: '$identify, $set' })
    expect(copied).not.toContain(apiKey)

    await page.locator('#setting-trackedEvents').fill('')
    const file = { name: 'copied.json', mimeType: 'application/json', buffer: Buffer.from(copied) }
    await page.locator('#settings-file').setInputFiles(file)
    await valueBecomes('#setting-trackedEvents', 'purchase')
  })

  test('say what is wrong with a file', async () => {
    const file = { name: 'bad.json', mimeType: 'application/json', buffer: Buffer.from('{') }
    await page.locator('#settings-file').setInputFiles(file)
    await page.getByText('bad.json is not valid JSON: ').waitFor()
  })

  test('are judged by the server that is chosen', async () => {
    await page.getByLabel('Delivery').selectOption('webhook')
    await page.locator('#result-body .request').waitFor()
    await page.getByLabel('PostHog server').selectOption('2025-09')
    await page.getByText('PostHog 2025-09 never asks the app for a webhook: choose "direct".').waitFor()
  })
})
