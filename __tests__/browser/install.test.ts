import built from '../../dist/destination.json'
import { builtDestination } from '../../destination/from-settings/body'
import { destinationFromSettings } from '../../destination/from-settings/from-settings'
import { apiKey } from '../app/setup'
import { open, page, textOf } from './setup'

jest.setTimeout(90_000)

/** The configuration in the link that opens PostHog's form, once the link begins with the address. */
async function linked(address: string): Promise<unknown> {
  const link = page.locator(`#install-link[href^="${address}/"]`)
  await link.waitFor()
  const [form, configuration = ''] = (await link.getAttribute('href'))?.split('#configuration=') ?? []
  expect(form).toBe(`${address}/functions/new/template-webhook`)
  return JSON.parse(decodeURIComponent(configuration))
}

describe('the Install dialog', () => {
  beforeEach(async () => {
    await open()
    await page.locator('#setting-apiKey').fill(apiKey)
  })

  afterEach(async () => {
    expect(await page.evaluate<string>("document.querySelector('#install').outerHTML")).not.toContain(apiKey)
  })

  function openDialog(): Promise<void> {
    return page.getByRole('button', { name: 'Install', exact: true }).click()
  }

  test('links to PostHog’s form, filled in with exactly the built destination and the settings', async () => {
    await openDialog()
    expect(await linked('https://eu.posthog.com')).toEqual(built)

    await page.getByRole('button', { name: 'Close' }).click()
    const settings = { trackedEvents: '{"purchase": "Bought"}', eventFilters: 'total > 100', userId: '' }
    for (const [key, text] of Object.entries(settings)) await page.locator(`#setting-${key}`).fill(text)
    await openDialog()
    await page.locator('#install-deploy', { hasText: 'Bought' }).waitFor()
    await page.getByLabel('Your PostHog').fill('https://posthog.acme.test/')
    const configuration = await linked('https://posthog.acme.test')
    expect(configuration).toEqual(destinationFromSettings(settings).body)
    const { hog, inputs_schema } = builtDestination
    expect(configuration).toMatchObject({ hog, inputs_schema, inputs: { userId: { value: '' } } })
  })

  test('links to the form of the destination, as it is loaded from what PostHog gives back', async () => {
    const [, send] = built.mappings
    const shown = {
      ...built.inputs,
      apiKey: { secret: true },
      userId: { value: '{person.id}', bytecode: ['_H'], order: 1 },
    }
    const file = {
      name: 'function.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify({ ...built, id: 'x', inputs: shown, mappings: [send] })),
    }
    await page.locator('#settings-file').setInputFiles(file)
    expect(await textOf('#settings-status')).toBe(
      'function.json contains the destination: choose the server "PostHog today", and load it again.',
    )
    await page.getByLabel('PostHog server').selectOption('today')
    await page.locator('#destination-apiKey').fill(apiKey)
    await openDialog()
    expect(await linked('https://eu.posthog.com')).toEqual(built)
    await page.getByRole('button', { name: 'Close' }).click()

    await page.locator('#settings-file').setInputFiles(file)
    await page.waitForFunction("document.querySelector('#destination-userId').value === '{person.id}'")
    await openDialog()
    await page.locator('#install-deploy', { hasText: '{person.id}' }).waitFor()
    expect(await linked('https://eu.posthog.com')).toEqual({
      ...built,
      inputs: { ...built.inputs, userId: { value: '{person.id}' } },
      mappings: [send],
    })
  })

  test('shows the command and copies it, or why there is none', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.locator('#setting-trackedEvents').fill('order *')
    await openDialog()
    expect(await textOf('#install-problem')).toBe(
      'Events to send: "order *" has a wildcard, and PostHog\'s filters take whole names: write each event that you want.',
    )
    expect(await page.locator('#install-ways').isVisible()).toBe(false)

    await page.getByRole('button', { name: 'Close' }).click()
    await page.locator('#setting-trackedEvents').fill('order placed')
    await openDialog()
    const command = `npm run deploy -- --posthog 'https://eu.posthog.com' --config /dev/stdin <<'JSON'
{
  "trackedEvents": "order placed"
}
JSON`
    await page.locator('#install-deploy', { hasText: 'order' }).waitFor()
    expect(await page.locator('#install-deploy').textContent()).toBe(command)
    await page.getByRole('button', { name: 'Copy', exact: true }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(command)
  })

  test('says what is wrong with the URL', async () => {
    await openDialog()
    await page.getByLabel('Your PostHog').fill('posthog')
    expect(await textOf('#install-problem')).toBe('Write the URL of your PostHog, like https://eu.posthog.com.')
  })
})
