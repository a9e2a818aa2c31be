import type { Route } from 'playwright-core'
import built from '../../dist/destination.json'
import { builtDestination } from '../../destination/from-settings/body'
import { apiKey } from '../app/setup'
import { address, open, page, textOf, valueBecomes } from './setup'

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

  function close(): Promise<void> {
    return page.getByRole('button', { name: 'Close' }).click()
  }

  async function chooseToday(): Promise<void> {
    await page.getByLabel('PostHog server').selectOption('today')
    await page.locator('#destination-apiKey').fill(apiKey)
  }

  test('shows how to install the app on a server that runs apps, with the settings to write', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.locator('#setting-trackedEvents').fill('order *')
    await page.locator('#setting-userId').fill('')
    await openDialog()
    await page.locator('#install-settings', { hasText: 'order *' }).waitFor()
    expect(await textOf('#install-heading')).toBe('Install the app into PostHog')
    expect(await textOf('#install-app')).toMatch(/Apps.*Advanced.*Install from GitHub URL/s)
    expect((await textOf('#install-settings')).split(/\n+/)).toEqual([
      'User ID',
      '(empty)',
      'Events to send',
      'order *',
    ])
    expect(await page.locator('#install').innerText()).not.toMatch(/deploy|destination/i)
    const rest = page.getByRole('link', { name: 'Install the app by REST' })
    expect((await fetch(`${address}${String(await rest.getAttribute('href'))}`)).status).toBe(200)
    await page.locator('#copy-app-settings').click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    expect(JSON.parse(copied)).toEqual({ userId: '', trackedEvents: 'order *' })

    await close()
    await page.locator('#setting-email').fill('nobody')
    await openDialog()
    expect(await textOf('#install-problem')).toMatch(/^Email of the user: "nobody" would give everybody/)
    expect(await page.locator('#install-app').isVisible()).toBe(false)
  })

  const byPage = /Install from GitHub URL/
  const byRest = /Install the app by REST/
  test.each<[string, shown: RegExp[], hidden: RegExp[]]>([
    ['1.30', [byPage], [byRest, /built/]],
    ['2023-11', [byPage], [byRest, /built/]],
    ['2024-02', [/built until 2024-04-02:.*Install from GitHub URL.*built later: Install the app by REST/s], []],
    ['2024-11', [byRest], [byPage, /built/]],
    ['2025-06', [byRest], [byPage, /built/]],
    ['2025-09', [/accepts no new app: update PostHog, and use the destination\./], [byPage, byRest, /Settings/]],
  ])('says how the server %s takes the app', async (server, shown, hidden) => {
    await page.getByLabel('PostHog server').selectOption(server)
    await openDialog()
    await page.locator('#install-settings, #install-problem', { hasText: /\S/ }).filter({ visible: true }).waitFor()
    const text = await page.locator('#install').innerText()
    for (const each of shown) expect(text).toMatch(each)
    for (const each of hidden) expect(text).not.toMatch(each)
  })

  test('shows nothing of the other edition while it waits for its own', async () => {
    const shown = (edition: string) => page.locator(`#install-${edition}`).isVisible()
    const openAndHold = async (): Promise<Route> => {
      const held = new Promise<Route>((resolve) => void page.route('**/playground/install', resolve, { times: 1 }))
      await openDialog()
      return held
    }
    await openDialog()
    await page.locator('#install-app').waitFor()
    await close()
    await chooseToday()
    const ofDestination = await openAndHold()
    expect(await textOf('#install-heading')).toBe('Install the destination into PostHog')
    expect([await shown('app'), await shown('destination')]).toEqual([false, false])
    await ofDestination.continue()
    await page.locator('#install-destination').waitFor()
    await close()
    await page.getByLabel('PostHog server').selectOption('2024-02')
    const ofApp = await openAndHold()
    expect(await textOf('#install-heading')).toBe('Install the app into PostHog')
    expect([await shown('app'), await shown('destination')]).toEqual([false, false])
    await ofApp.continue()
    await page.locator('#install-app').waitFor()
  })

  test('links to PostHog’s form, filled in with exactly the built destination and the form', async () => {
    await chooseToday()
    await openDialog()
    expect(await linked('https://eu.posthog.com')).toEqual(built)

    await close()
    await page.locator('#destination-userId').fill('')
    await openDialog()
    await page.locator('#install-deploy', { hasText: '"userId": ""' }).waitFor()
    await page.getByLabel('Your PostHog').fill('https://posthog.acme.test/')
    const configuration = await linked('https://posthog.acme.test')
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
    await chooseToday()
    await page.locator('#settings-file').setInputFiles(file)
    await valueBecomes('#destination-userId', '{person.id}')
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
    await chooseToday()
    const name = page.getByRole('group', { name: 'Send events: events' }).getByLabel('Name of the event')
    await name.fill('order *')
    await openDialog()
    expect(await textOf('#install-problem')).toBe(
      'Send events, Events: "order *" has a wildcard, and PostHog\'s filters take whole names: write each event that you want.',
    )
    expect(await page.locator('#install-destination').isVisible()).toBe(false)

    await close()
    await name.fill('order placed')
    await openDialog()
    const command = page.locator('#install-deploy', { hasText: 'order placed' })
    const shown = String(await command.textContent())
    expect(shown).toMatch(
      /^npm run deploy -- --posthog 'https:\/\/eu\.posthog\.com' --config \/dev\/stdin <<'JSON'\n\{\n {2}"inputs": .*\nJSON$/s,
    )
    await page.getByRole('button', { name: 'Copy', exact: true }).last().click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(shown)
  })

  test('says what is wrong with the URL', async () => {
    await chooseToday()
    await openDialog()
    await page.getByLabel('Your PostHog').fill('posthog')
    expect(await textOf('#install-problem')).toBe('Write the URL of your PostHog, like https://eu.posthog.com.')
  })
})
