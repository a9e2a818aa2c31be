import { body, choose, mockOff, open, page, resultOf, textOf, valuesOf } from './setup'

jest.setTimeout(120_000)

describe('the destination', () => {
  beforeEach(async () => {
    await open()
    await page.getByLabel('PostHog server').selectOption('today')
    await page.locator('#settings-status', { hasText: 'PostHog accepts these inputs.' }).waitFor()
  })

  const mapping = (name: string) => page.getByRole('group', { name, exact: true })

  test('is a form of inputs and mappings', async () => {
    expect(await page.locator('#destination-email').inputValue()).toBe(
      '{event.properties.$set.email ?? person.properties.email}',
    )
    expect(await page.locator('#destination-form legend').allInnerTexts()).toEqual(['Update contacts', 'Send events'])
    const rows = mapping('Update contacts').getByRole('group', { name: 'Contact properties' })
    expect(await valuesOf(rows.locator('input'))).toEqual([
      'firstName',
      '{person.properties.firstname}',
      'lastName',
      '{person.properties.lastname}',
    ])
  })

  test('makes both kinds of request of what its form holds', async () => {
    await choose(/^\$identify/)
    await resultOf('$identify')
    await page.getByText('by the mapping “Update contacts”').waitFor()
    const contact = mapping('Update contacts').getByRole('group', { name: 'Contact properties' })
    await contact.getByRole('button', { name: 'Add a row' }).click()
    await contact.getByLabel('Name in Loops').last().fill('plan')
    await contact.getByLabel('Value').last().fill('{person.properties.plan}')
    await page.locator('#result-body', { hasText: '"plan"' }).waitFor()
    expect(await page.locator('.request-line').innerText()).toMatch(
      /^PUT\s+https:\/\/app\.loops\.so\/api\/v1\/contacts\/update/,
    )
    expect(await body()).toMatchObject({ email: 'maren.holt@example.com', plan: 'free', userId: 'user_48213' })

    await mapping('Send events').getByLabel('Name of the event').fill('purchase')
    const properties = mapping('Send events').getByRole('group', { name: 'Event properties' })
    await properties.getByLabel('Name in Loops').fill('total')
    await properties.getByLabel('Value').fill('{event.properties.total}')
    await choose(/^purchase/)
    await page.locator('#result-body', { hasText: '"eventName"' }).waitFor()
    expect(await page.locator('.request-line').innerText()).toMatch(
      /^POST\s+https:\/\/app\.loops\.so\/api\/v1\/events\/send/,
    )
    expect(await body()).toMatchObject({
      eventName: 'purchase',
      eventProperties: { total: expect.any(Number) as number },
      email: 'maren.holt@example.com',
    })

    await mockOff()
    await page.getByRole('button', { name: 'Send event' }).click()
    await page.locator('#result-body').getByText('from the Loops simulator').waitFor()
    await page.locator('#loops-body').getByRole('heading', { name: '1 event' }).waitFor()
  })

  test('has an error at the input whose braces hold no Hog, and outlives a reload', async () => {
    await page.locator('#destination-userId').fill('{event.')
    expect(await textOf('#destination-userId-error')).toMatch(/^"\{event\." has a brace "\{" without its "\}"/)
    expect(await textOf('#settings-status')).toBe('1 problem: User ID.')
    await page.locator('#destination-userId').fill('{event.properties.account}')
    await page.locator('#settings-status', { hasText: 'PostHog accepts these inputs.' }).waitFor()

    await page.reload()
    await page.locator('#settings-status', { hasText: 'PostHog accepts these inputs.' }).waitFor()
    expect(await page.locator('#destination-userId').inputValue()).toBe('{event.properties.account}')
    expect(await page.locator('#destination-apiKey').inputValue()).toBe('loops-sandbox-key')
  })

  test('is off while an input has a problem: each is counted once, with its mapping and a link', async () => {
    await page.locator('#destination-email').fill('{{person.properties.email}} {{person.properties.mail}}')
    await mapping('Send events').getByLabel('Name of the event').fill('order *')
    const status = page.locator('#settings-status', { hasText: 'Send events, Events' })
    await status.waitFor()
    expect(await status.innerText()).toBe('2 problems: Email of the user, Send events, Events.')
    const reason = 'The destination is off until its form is fixed: Email of the user, Send events, Events.'
    await page.locator('.reason', { hasText: reason }).waitFor()
    await page.getByText('Only preview', { exact: true }).click()
    expect(await textOf('#send-reason')).toBe('The destination is off.')
    expect(await page.locator('#result').innerText()).not.toMatch(/Placeholder|refuses/)
    await page.locator('.reason').getByRole('button', { name: 'Send events, Events' }).click()
    expect(await page.evaluate('document.activeElement.value')).toBe('order *')
  })

  test('says the error of its run once', async () => {
    await page.getByRole('tab', { name: 'Your own' }).click()
    const stranger = { event: '$pageview', distinct_id: 'user_9', properties: { $is_identified: true } }
    await page.getByLabel('Your own event as JSON').fill(JSON.stringify(stranger))
    await resultOf('$pageview')
    await mockOff()
    await page.getByRole('button', { name: 'Send event' }).click()
    await page.locator('.errors', { hasText: 'Send events: Loops answered 400' }).waitFor()
    expect(await page.locator('#result-body').innerText()).not.toContain('Error executing function')
  })

  test('says what it has loaded', async () => {
    const file = {
      name: 'mine.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify({ trackedEvents: 'purchase', contactEvents: '$identify' })),
    }
    await page.locator('#settings-file').setInputFiles(file)
    expect(await textOf('#settings-status')).toBe('Loaded mine.json: 2 mappings: “Update contacts”, “Send events”.')
  })

  test('has prints in its log', async () => {
    await page.getByRole('tab', { name: 'Your own' }).click()
    const listed = {
      event: '$identify',
      distinct_id: 'user_9',
      properties: { $set: { email: 'ada@example.com', mailingLists: { x: 'perhaps' } } },
    }
    await page.getByLabel('Your own event as JSON').fill(JSON.stringify(listed))
    await page.locator('#destination-mailingListsFromEvents').selectOption('Yes')
    await page.locator('.log', { hasText: 'is not consent, so it is left out' }).waitFor()
  })
})
