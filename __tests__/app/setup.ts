import { parseSettings } from '../../src/settings/settings'
import { translate } from '../../src/translate/translate'
import type { CapturedEvent } from '../../src/posthog/event'
import type { Config } from '../../src/settings/field'
import type { Settings } from '../../src/settings/settings'
import type { LoopsRequest } from '../../src/loops/request'
import type { Translation } from '../../src/translate/translate'

/** A key of the form that Loops gives out; tests look for it wherever it must not appear. */
export const apiKey = 'test0key1of2the3form4that5loops6'

/**
 * Whether simulations run the app in a plain context instead of vm2, which takes many times longer. `npm run test:slow` sets
 * `VM2=1` and runs them all again in vm2.
 */
export const outsideVm2 = process.env['VM2'] !== '1'

/** The settings; events of any age are sent unless `config` says otherwise, because the events of the tests are old. */
export function settingsFor(config: Config = {}): Settings {
  return parseSettings({ apiKey, maxEventAge: '', ...config })
}

/** The problems that the settings error lists, without the words in front of them. */
export function problemsIn(config: Config): string {
  try {
    settingsFor(config)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('The settings were accepted')
}

/** When the app receives an event, unless a test says otherwise: a second after it happened. */
export const receivedAt = Date.UTC(2024, 4, 1, 10, 0, 1)

export const uuid = '018f0000-0000-7000-8000-000000000001'

/** An event of an identified person, as `onEvent` receives it. */
export function eventWith(properties: Record<string, unknown>, changes: Partial<CapturedEvent> = {}): CapturedEvent {
  return {
    uuid,
    event: 'purchase',
    distinct_id: 'user_1',
    timestamp: '2024-05-01T10:00:00.000Z',
    properties,
    ...changes,
  }
}

/** Freezes a value to its depths, so that any change to it throws. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value
}

/** Translates the frozen event twice; both answers must be the same, to the byte. */
export function translated(event: CapturedEvent, config: Config = {}, now = receivedAt): Translation {
  const settings = settingsFor(config)
  const first = translate(deepFreeze(event), settings, now)
  const second = translate(event, settings, now)
  expect(JSON.stringify(second)).toBe(JSON.stringify(first))
  return first
}

/** The request that an event gives; fails if it gives none. */
export function requestFrom(event: CapturedEvent, config: Config = {}): LoopsRequest {
  const translation = translated(event, config)
  if (translation === undefined || !('request' in translation)) {
    throw new Error(`There is no request: ${JSON.stringify(translation)}`)
  }
  return translation.request
}

/** True if the settings ask for the event, and all filters hold. */
export function isWanted(event: CapturedEvent, settings: Settings): boolean {
  const translation = translate(event, settings, receivedAt)
  return translation !== undefined && !('unmet' in translation)
}

/** Whether a request to Loops is one of those with which the app checks its settings when it is set up. */
export function isSetUpRequest({ path }: { path: string }): boolean {
  return /\/v1\/(api-key|lists|contacts\/properties)/.test(path)
}
