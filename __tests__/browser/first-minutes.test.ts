import { body, bodyBecomes, choose, open, openAnotherTab, page, textOf } from './setup'

jest.setTimeout(120_000)

const server = () => page.getByLabel('PostHog server')

describe('the first minutes', () => {
  beforeEach(() => open({ permissions: ['clipboard-read', 'clipboard-write'] }))

  test('the page asks once which PostHog it is, and remembers the answer', async () => {
    await page.getByRole('button', { name: 'Cloud, or built since mid-September 2025' }).click()
    expect(await server().inputValue()).toBe('today')
    expect(await page.locator('#which-posthog').isHidden()).toBe(true)
    await openAnotherTab()
    expect(await server().inputValue()).toBe('today')
    expect(await page.locator('#which-posthog').isHidden()).toBe(true)
  })

  test('a recipe is marked, and applied to the other edition, too', async () => {
    await page.getByLabel('Start from').selectOption('purchase')
    await bodyBecomes({
      eventName: 'purchase',
      eventProperties: { total: 49.5, currency: 'EUR', product: 'Desk lamp' },
      email: 'ada@example.com',
      userId: 'user_1042',
    })
    expect(await page.locator('.is-changed label').first().innerText()).toBe('Events to send')
    await server().selectOption('today')
    await page.getByText('by the mapping “Send events”').waitFor()
    expect(await body()).toMatchObject({ eventProperties: { total: 49.5, currency: 'EUR', product: 'Desk lamp' } })
  })

  test.each(['2024-02', 'today'])('on %s, a second recipe is added to the first', async (name) => {
    await server().selectOption(name)
    await page.getByLabel('Start from').selectOption('newsletter')
    await page.locator('#result-status', { hasText: '$identify: 1 request' }).waitFor()
    await page.getByLabel('Add a recipe').selectOption('purchase')
    await page.locator('#result-status', { hasText: 'purchase: 1 request' }).waitFor()
    await choose(/^\$identify/)
    await page.locator('#result-status', { hasText: '$identify: 1 request' }).waitFor()
    expect(await body()).toMatchObject({ mailingLists: { cm06f5v0e45nf0ml5754o9cix: true } })
  })

  test('mappings of the destination are added, duplicated and deleted', async () => {
    await server().selectOption('today')
    const names = () => page.locator('#destination-form legend').allInnerTexts()
    await page.getByRole('button', { name: 'Add a mapping' }).click()
    expect(await names()).toEqual(['Update contacts', 'Send events', 'Send events 2'])
    await page.getByRole('button', { name: 'Duplicate' }).first().click()
    expect(await names()).toEqual(['Update contacts', 'Send events', 'Send events 2', 'Update contacts 2'])
    await page.getByRole('button', { name: 'Delete' }).nth(1).click()
    expect(await names()).toEqual(['Update contacts', 'Send events 2', 'Update contacts 2'])
    expect(await textOf('#settings-status')).toBe('Deleted “Send events”. Undo')
    await page.getByRole('button', { name: 'Undo' }).click()
    expect(await names()).toEqual(['Update contacts', 'Send events', 'Send events 2', 'Update contacts 2'])
    await page.getByRole('button', { name: 'Undo' }).waitFor({ state: 'hidden' })
  })

  test('a problem in the header leads to its field', async () => {
    await page.locator('#setting-email').fill('no placeholder')
    await page.locator('#settings-status').getByRole('button', { name: 'Email of the user' }).click()
    expect(await page.locator('#setting-email:focus').count()).toBe(1)
  })

  test.each(['2024-02', 'today'])('on %s, an event that no setting names can be sent by a click', async (name) => {
    await server().selectOption(name)
    await choose(/^purchase/)
    const label = name === 'today' ? 'Add it to the mapping “Send events”' : 'Add it to “Events to send”'
    await page.getByRole('button', { name: label }).click()
    await page.locator('#result-status', { hasText: 'purchase: 1 request' }).waitFor()
    await page.locator('#chosen-json').getByRole('button', { name: '"total"' }).click()
    await page.getByRole('button', { name: 'Map total' }).click()
    await page.locator('#result-body', { hasText: '"total": 49.5' }).waitFor()
    await page.locator('#chosen-json').getByRole('button', { name: '"currency"' }).click()
    await page.getByRole('button', { name: 'Send only if currency is GBP' }).click()
    if (name !== 'today') expect(await page.locator('#setting-eventFilters').inputValue()).toBe('currency = GBP')
    await page.locator('#result-status', { hasText: 'purchase: 1 request' }).waitFor()
  })

  test('an event gets a mapping of its own if none sends events', async () => {
    await server().selectOption('today')
    await page.getByRole('button', { name: 'Delete' }).nth(1).click()
    await choose(/^purchase/)
    await page.getByRole('button', { name: 'Add a mapping for it' }).click()
    await page.locator('#result-status', { hasText: 'purchase: 1 request' }).waitFor()
    expect(await page.locator('#destination-form legend').allInnerTexts()).toEqual(['Update contacts', 'Send events'])
  })

  test('a request is copied as a command without the key', async () => {
    await page.getByRole('button', { name: 'Copy as curl' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const command = String(await page.evaluate('navigator.clipboard.readText()'))
    expect(command).toMatch(
      /^curl -X PUT 'https:\/\/app\.loops\.so\/api\/v1\/contacts\/update' \\\n {2}-H "Authorization: Bearer \$LOOPS_API_KEY" \\\n/,
    )
    expect(JSON.parse(/--data-raw '(.*)'$/s.exec(command)?.[1] ?? '')).toEqual(await body())
  })

  test('a mailing list by its name gets the ID', async () => {
    await page.locator('#setting-contactMailingLists').fill('Main list: true')
    await page
      .locator('#setting-contactMailingLists-error', {
        hasText: '"Main list" is the name of a mailing list: write its ID, cm06f5v0e45nf0ml5754o9cix.',
      })
      .waitFor()
  })
})

test.each([768, 1024])('at %d px, no button is cut off and there are no links between the columns', async (width) => {
  await open({ viewport: { width, height: 900 } })
  expect(await page.locator('.sections').isHidden()).toBe(true)
  const cut = await page.evaluate(`[...document.querySelectorAll('button')]
    .filter((one) => one.checkVisibility())
    .filter((one) => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > (one.closest('.column') ?? document.body).getBoundingClientRect().right)
    .map((one) => one.textContent)`)
  expect(cut).toEqual([])
  expect(await textOf('#settings-heading')).toBe('Settings')
  // The columns scroll side by side, below their heads, and the page itself does not.
  const [page1, head, badges] = await page.evaluate<[number, number, number]>(`(() => {
    const top = () => document.querySelector('#settings .column-head').getBoundingClientRect().top
    const before = top()
    document.querySelector('#settings').scrollTop = 500
    const rights = [...document.querySelectorAll('#list-recorded .badges')].map((one) => one.lastElementChild.getBoundingClientRect().right)
    return [document.documentElement.scrollHeight - window.innerHeight, top() - before, new Set(rights).size]
  })()`)
  expect({ page: page1, head, badges }).toEqual({ page: 0, head: 0, badges: 1 })
})
