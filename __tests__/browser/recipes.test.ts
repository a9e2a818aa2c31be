import { recipes } from '../../tools/playground/recipes'
import { bodyBecomes, choose, mockOff, open, page, resultOf, valuesOf } from './setup'

jest.setTimeout(120_000)

describe('the recipes', () => {
  beforeEach(() => open())

  test.each(['2024-02', 'today'])(
    'fill in settings and events for the server %s, and their requests are shown',
    async (server) => {
      await page.getByLabel('PostHog server').selectOption(server)
      for (const { id, sentence, steps } of recipes) {
        const [first] = steps
        await page.getByLabel('Start from').selectOption(id)
        await page.getByText(sentence).waitFor()
        await page.locator('#chosen-json', { hasText: String(first?.event.event) }).waitFor()
        await page.locator(`#result-status`, { hasText: `${String(first?.event.event)}: 1 request` }).waitFor()
        await bodyBecomes(first?.request?.body)
      }
    },
  )

  test('name the filter that keeps an event back', async () => {
    await page.getByLabel('Start from').selectOption('purchase')
    await page.locator('#list-recorded [role=option]').nth(1).click()
    await page.getByText('The event matches no setting: filter 1 does not match: total is 0, not >').waitFor()
  })

  test('have their events in the order of time, whichever was added first', async () => {
    await page.getByLabel('Start from').selectOption('newsletter')
    await resultOf('$identify')
    await page.getByLabel('Add a recipe').selectOption('purchase')
    await resultOf('purchase')
    const times = await page
      .locator('#list-recorded time')
      .evaluateAll((all: { dateTime: string }[]) => all.map(({ dateTime }) => dateTime))
    expect(times.length).toBeGreaterThan(3)
    expect(times).toEqual([...times].sort())
  })

  test('have the defaults and the recorded events back', async () => {
    await page.getByLabel('Start from').selectOption('purchase')
    await resultOf('purchase')
    await page.getByLabel('Start from').selectOption('')
    await resultOf('$identify')
    expect(await page.locator('#setting-trackedEvents').inputValue()).toBe('$pageview')
  })
})

describe('an event that was sent', () => {
  beforeEach(() => open())

  test('keeps the answer on its row, and can be sent again with a fresh uuid', async () => {
    await page.getByLabel('Start from').selectOption('purchase')
    await resultOf('purchase')
    await mockOff()
    await page.getByRole('button', { name: 'Send event' }).click()
    const row = page.locator('#list-recorded [role=option]').first()
    await row.getByText('200').waitFor()
    const events = page.locator('#loops-body')
    await events.getByRole('heading', { name: '1 event' }).waitFor()
    expect(await page.locator('.send-buttons .primary').allInnerTexts()).toEqual(['Send again'])
    await page.getByRole('button', { name: 'Send again' }).click()
    await events.getByRole('heading', { name: '2 events' }).waitFor()

    await page.locator('#list-recorded [role=option]').nth(1).click()
    await page.getByText('filter 1 does not match').waitFor()
    expect(await row.innerText()).toContain('200')
    expect(await page.locator('.send-buttons .primary').filter({ visible: true }).allInnerTexts()).toEqual([
      'Send event',
    ])
    expect(await page.getByRole('button', { name: 'Send again' }).isVisible()).toBe(false)
  })

  test.each(['2024-02', 'today'])(
    'is sent a second time on %s: what the 409 means is said once, and another server forgets it',
    async (server) => {
      await page.getByLabel('PostHog server').selectOption(server)
      await page.getByLabel('Start from').selectOption('purchase')
      await page.locator('#result-status', { hasText: 'purchase: 1 request' }).waitFor()
      await mockOff()
      const row = page.locator('#list-recorded [role=option]').first()
      for (const status of ['200', '409']) {
        await page.getByRole('button', { name: 'Send event' }).click()
        await row.getByText(status).waitFor()
      }
      await page
        .getByText('accepts each event only once: “Send again” sends it as a new event.', { exact: false })
        .waitFor()
      expect(await page.locator('.reason').count()).toBe(1)
      expect(await page.locator('#result-status').innerText()).toBe('purchase: 1 request, duplicate (409).')

      await page.getByLabel('PostHog server').selectOption('2025-06')
      await row.getByText('409').waitFor({ state: 'hidden' })
      await page.getByText('Not sent yet.').waitFor()
      expect(await page.getByRole('button', { name: 'Send again' }).isVisible()).toBe(false)
    },
  )

  test('keeps the answer on its row if a setting changes while it is sent', async () => {
    await page.getByLabel('Start from').selectOption('purchase')
    await resultOf('purchase')
    await mockOff()
    await page.route('**/playground/send', async (route) => {
      const preview = page.waitForResponse('**/playground/mocked')
      await page.locator('#setting-maxEventAge').fill('48')
      await preview
      await route.continue()
    })
    await page.getByRole('button', { name: 'Send event' }).click()
    await page.locator('#list-recorded [role=option]').first().getByText('200').waitFor()
    await page.getByText('Not sent yet.').waitFor()
  })

  test('shows its answer, also right after a change of a setting', async () => {
    await page.getByLabel('Start from').selectOption('purchase')
    await resultOf('purchase')
    await mockOff()
    await page.locator('#setting-maxEventAge').fill('48')
    await page.getByRole('button', { name: 'Send event' }).click()
    await page.locator('#result-body').getByText('200 from the Loops simulator').waitFor()
    await page.waitForTimeout(500)
    await page.locator('#result-body').getByText('200 from the Loops simulator').waitFor({ timeout: 1000 })
  })

  test('says what is mapped and not in it', async () => {
    await page
      .locator('#setting-contactProperties')
      .fill('plan: {person.properties.plan}, seats: {person.properties.seats}')
    await choose(/^\$identify/)
    await page.getByText('Mapped, but not in this event: seats.').waitFor()
  })
})

describe('rows', () => {
  beforeEach(() => open())

  const rowsOf = (key: string) =>
    page.locator('.field', { has: page.locator(`#setting-${key}`) }).locator('.setting-rows')

  test('write the text of a mapping, and follow it', async () => {
    const rows = rowsOf('eventProperties')
    await rows.locator('summary').click()
    await rows.getByRole('button', { name: 'Add a property' }).click()
    await rows.getByLabel('Name in Loops').last().fill('order: total')
    await rows.getByLabel('Value').last().fill('{event.properties.total}')
    const text = page.locator('#setting-eventProperties')
    expect(await text.inputValue()).toBe(
      '{"pathname":"{event.properties.$pathname}","order: total":"{event.properties.total}"}',
    )
    await rows.getByLabel('Name in Loops').last().fill('total')
    expect(await text.inputValue()).toBe('pathname: {event.properties.$pathname}, total: {event.properties.total}')
    await rows.getByRole('button', { name: 'Remove this row' }).first().click()
    expect(await text.inputValue()).toBe('total: {event.properties.total}')
    await text.fill('a: b, c: d')
    expect(await valuesOf(rows.locator('input'))).toEqual(['a', 'b', 'c', 'd'])
    await text.fill('no mapping')
    await rows.getByText('Rows cannot show this text.').waitFor()
  })

  test('write filters in the plain syntax', async () => {
    const rows = rowsOf('eventFilters')
    await rows.locator('summary').click()
    await rows.getByRole('button', { name: 'Add a filter' }).click()
    await rows.getByLabel('Property of').selectOption('person')
    await rows.getByLabel('Property', { exact: true }).fill('plan')
    await rows.getByLabel('Operator').selectOption({ label: '!=' })
    await rows.getByLabel('Value').fill('free')
    expect(await page.locator('#setting-eventFilters').inputValue()).toBe('person.plan != free')
  })

  test('suggest what the chosen event has, and the lists of the simulator', async () => {
    const options = (id: string) => valuesOf(page.locator(`#${id} option`))
    await choose(/^purchase/)
    await page.locator('#placeholders option[value="{event.properties.total}"]').waitFor({ state: 'attached' })
    expect(await options('property-names')).toContain('currency')
    expect(await options('mailing-lists')).toEqual(['cm06f5v0e45nf0ml5754o9cix', 'cm16k73gq014h0mmj5b6jdi9r'])
    expect(await options('event-names')).toContain('purchase')
  })
})
