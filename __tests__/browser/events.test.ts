import { join } from 'node:path'
import { appDirectory } from '../../tools/lib/app-files'
import { session, page, open, resultOf, choose, textOf, body, mockOff } from './setup'

jest.setTimeout(90_000)
const SAMPLE_SETTINGS = join(appDirectory, 'tools/start/sample-config.json')

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
    await result.getByText('Not sent: this is only a preview.').waitFor()
    await result.getByText('There is no email address').waitFor()
  })

  test('has a verdict in the list, and a reason if there is no request', async () => {
    const names = ['$pageview', '$identify', 'user signed up']
    const badges = page.locator('#list-recorded .badge', { hasText: /\S/ })
    await badges.nth(2).waitFor()
    expect((await badges.allInnerTexts()).slice(0, names.length)).toEqual(['skipped', 'PUT', 'no match'])
    await choose(/^\$pageview/)
    await page.getByText('The event is skipped: it has no email, and its distinct_id is anonymous.').waitFor()
    await choose(/^user signed up/)
    await page.getByText('The event matches no setting').waitFor()
  })

  test('of one’s own is checked as it is typed', async () => {
    await page.getByLabel('Events to send', { exact: true }).fill('order:placed')
    await page.getByRole('tab', { name: 'Your own' }).click()
    const editor = page.getByLabel('Your own event as JSON')
    await editor.fill('{"event": "order:placed", ')
    expect(await textOf('#own-problem')).toMatch(/^This is not JSON yet: .*line 1/)
    await page.locator('#result-body').getByText('Fix the event first.').waitFor()
    await page.getByText('Only preview', { exact: true }).click()
    expect(await textOf('#send-reason')).toBe('Fix the event first.')
    expect(await page.getByRole('button', { name: 'Send event' }).isDisabled()).toBe(true)
    await editor.fill('{"event": "order:placed"}')
    await page.locator('#own-problem', { hasText: 'has no distinct_id. PostHog refuses such an event.' }).waitFor()
    await editor.fill('{"event": "order:placed", "distinct_id": "user_1"}')
    await page.getByText('"order:placed" is named "order_placed" there.').waitFor()
    expect(await page.locator('#send-reason').isVisible()).toBe(false)
    expect(await page.locator('#own-problem').innerText()).toBe('')
    expect(await body()).toMatchObject({ eventName: 'order_placed', userId: 'user_1' })
  })

  test('of one’s own outlives a reload', async () => {
    await page.getByRole('tab', { name: 'Your own' }).click()
    const editor = page.getByLabel('Your own event as JSON')
    await editor.fill('{"event": "order')
    await page.reload()
    await page.getByRole('tab', { name: 'Your own' }).click()
    expect(await editor.inputValue()).toBe('{"event": "order')
  })

  test('can be edited as a copy, which has no uuid of its own', async () => {
    await page.getByRole('button', { name: 'Edit a copy' }).click()
    const edited = JSON.parse(await page.getByLabel('Your own event as JSON').inputValue()) as object
    expect({ ...edited, uuid: undefined }).toEqual({ ...session.recorded[1], uuid: undefined })
    expect(edited).not.toHaveProperty('uuid')
  })
})

describe('an event that is sent', () => {
  beforeEach(() => open())

  test('needs the preview to be off, and the button says so', async () => {
    expect(await textOf('#send-reason')).toBe('Turn off “Only preview” to send it.')
    const send = page.getByRole('button', { name: 'Send event' })
    expect([await send.isDisabled(), await send.getAttribute('title')]).toEqual([true, await textOf('#send-reason')])
    expect(await textOf('#loops-body')).toBe(
      'It is empty. Turn off “Only preview” and send an event: its contact and the event then appear here.',
    )
    await mockOff()
    expect([await send.isDisabled(), await send.getAttribute('title')]).toEqual([false, ''])
    expect(await page.locator('#send-reason').isVisible()).toBe(false)
    expect(await textOf('#loops-body')).toBe('It is empty. Send an event: its contact and the event then appear here.')
  })

  test('says while it waits that Loops has rejected the first try', async () => {
    await choose(/^\$pageview .*user_48213/)
    await resultOf('$pageview')
    await mockOff()
    await page.getByRole('button', { name: 'Send event' }).click()
    const waiting = page.locator('.answer', {
      hasText: 'Loops answered 400. The next try follows in a few seconds.',
    })
    await waiting.waitFor()
    expect(await page.locator('#result').getAttribute('aria-busy')).not.toBe('true')
    expect(await textOf('#send-reason')).toBe('Sending…')
    await page.locator('.request').nth(1).waitFor()
    expect(await page.locator('.answer .badge').allInnerTexts()).toEqual(['400', '400'])
    expect(await textOf('#result-status')).toBe('$pageview: 2 requests, rejected (400), 1 warning, 1 error.')
  })

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

  test('an event reaches the Loops simulator, which shows the contact, its lists and the event', async () => {
    await page.locator('#settings-file').setInputFiles(SAMPLE_SETTINGS)
    await page.getByText('"source"').waitFor()
    await mockOff()
    const send = page.getByRole('button', { name: 'Send event' })
    await send.click()
    const result = page.locator('#result-body')
    await result.getByText('from the Loops simulator').waitFor()
    expect(await textOf('#result-status')).toBe('$identify: 1 request, accepted (200).')
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
    await dialog.getByRole('button', { name: 'Stay with the simulator' }).click()
    expect(await target.inputValue()).toBe('simulator')
    await target.selectOption('loops')
    await dialog.getByRole('button', { name: 'Send to the real Loops' }).click()
    expect(await target.inputValue()).toBe('loops')
    // The key is still the simulator's.
    await page.getByRole('button', { name: 'Send event' }).click()
    await page.locator('#result-body').getByText('The real Loops needs the key of your account').waitFor()

    await page.getByText('Only preview', { exact: true }).click()
    await mockOff()
    expect(await target.inputValue()).toBe('simulator')
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
    expect(await focused.getAttribute('id')).toBe('preview')
    await keyboard.press('Space')
    await page.getByText('Not sent yet.').waitFor()
    await keyboard.press('Tab')
    expect(await focused.getAttribute('id')).toBe('target')
    await keyboard.press('Tab')
    await keyboard.press('Enter')
    await page.locator('#result-body').getByText('from the Loops simulator').waitFor()

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
