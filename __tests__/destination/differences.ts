/**
 * Where the destination and the app differ, so that the property test does not compare them. Each entry says why.
 */
import type { CapturedEvent } from '../../src/posthog/event'
import { isRecord, ownProperty } from '../../src/json'
import { withPerson } from '../../src/posthog/person'
import { personalId } from '../../src/translate/identity'
import { personAfter } from './setup'
import type { MeantMapping, MeantSettings, Part, Parts } from '../properties/settings'

interface Difference {
  readonly why: string
  readonly isIn: (event: CapturedEvent, meant: MeantSettings) => boolean
}

const DIFFERENCES: readonly Difference[] = [
  {
    why: 'PostHog fills in the parts of a text before the destination sees it: a missing or shared part cannot be told.',
    isIn: (event, { email, userId }) =>
      [...email, userId].some((parts) => parts.length > 1 && !parts.every((part) => isSomeones(event, part))),
  },
  {
    why: 'Loops takes keys of 100 characters, of which the hash of the destination has 17; the uuid of an event has 36.',
    isIn: ({ uuid }) => uuid !== undefined && uuid.length > 83,
  },
  {
    why: 'A value that begins like a place without braces is a slip in the input; the app finds those in its settings.',
    isIn: (event, { email, userId }) =>
      [...email, userId].some((parts) =>
        /^\s*(event\.|person\.|\{)/.test(parts.map((part) => textOf(event, part)).join('')),
      ),
  },
  {
    why: 'The destination takes the first address of a list, because its input may be one; the app takes no list.',
    isIn: (event, { email }) => email.some((parts) => parts.some((part) => Array.isArray(found(event, part)))),
  },
  {
    why: 'PostHog writes a list or an object inside a text in the notation of Hog.',
    isIn: (event, meant) =>
      mappedParts(meant).some((parts) => parts.length > 1 && parts.some((part) => isStructure(found(event, part)))),
  },
  {
    why: 'Inside a text PostHog writes "undefined", "null" and "[object Object]" as they are; the app leaves them out.',
    isIn: (event, meant) =>
      mappedParts(meant).some(
        (parts) =>
          parts.length > 1 &&
          parts.some((part) => /^(undefined|null|\[object Object\])$/.test(textOf(event, part).trim())),
      ),
  },
  {
    why: 'A mapped text of blanks is what remains of "{first} {last}", so the destination leaves it out.',
    isIn: (event, meant) =>
      mappedParts(meant).some((parts) =>
        parts.some((part) => {
          const value = found(event, part)
          // Of a long text, the blanks may be all that fits.
          return isBlank(value) && (parts.length === 1 || value.length > 400)
        }),
      ),
  },
  {
    why: '"??" in Hog goes on to the path where the property of the whole name is null.',
    isIn: (event, meant) =>
      [...meant.email, meant.userId, ...mappedParts(meant)].flat().some((part) => isNullWithDot(event, part)),
  },
  {
    why: 'A mapping has one dictionary of mailing lists, where the app has one for events and one for contacts.',
    isIn: (_, { eventMailingLists, contactMailingLists }) =>
      eventMailingLists.some(([id]) => contactMailingLists.some(([other]) => other === id)),
  },
  {
    why: "PostHog's parser takes no half of a surrogate pair in an input.",
    // JSON escapes halves, and whole pairs not.
    isIn: (_, meant) => /\\ud[89a-f]/.test(JSON.stringify(meant)),
  },
]

export function isCompared(event: CapturedEvent, meant: MeantSettings): boolean {
  return !DIFFERENCES.some(({ isIn }) => isIn(event, meant))
}

function mappedParts({ eventMapping, contactMapping, eventMailingLists, contactMailingLists }: MeantSettings): Parts[] {
  const all: MeantMapping = [...eventMapping, ...contactMapping, ...eventMailingLists, ...contactMailingLists]
  return all.flatMap(([, value]) => (typeof value === 'object' ? [value] : []))
}

function found(event: CapturedEvent, part: Part): unknown {
  const [properties, name] = placeOf(event, part)
  const whole = ownProperty(properties, name)
  return whole ?? name.split('.').reduce<unknown>(ownProperty, properties)
}

function textOf(event: CapturedEvent, part: Part): string {
  if ('text' in part) return part.text
  const value = found(event, part)
  return typeof value === 'string' ? value : ''
}

function placeOf(event: CapturedEvent, part: Part): [properties: unknown, name: string] {
  if ('eventProperty' in part) return [event.properties, part.eventProperty]
  if ('personProperty' in part) return [personAfter(event), part.personProperty]
  return 'event' in part ? [event, part.event] : [{}, '']
}

/** Whether the part of an address or an ID is text, or an ID that is one person's own. */
function isSomeones(event: CapturedEvent, part: Part): boolean {
  if ('text' in part) return true
  const value = 'personId' in part ? 'person-1' : found(event, part)
  return personalId(value, withPerson(event)) !== undefined
}

function isNullWithDot(event: CapturedEvent, part: Part): boolean {
  const [properties, name] = placeOf(event, part)
  return name.includes('.') && ownProperty(properties, name) === null
}

function isStructure(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function isBlank(value: unknown): value is string {
  return typeof value === 'string' && value.trim() === ''
}

/** PostHog ends a run after a time, so the destination leaves out what would take longer: see limits.test.ts. */
export function fitsARun(event: CapturedEvent): boolean {
  return isModest(event, 0)
}

/** Not deeper than 50, and neither long nor wide. */
function isModest(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return value.length <= 10_000
  if (!Array.isArray(value) && !isRecord(value)) return true
  const items = Object.values(value)
  return depth < 50 && items.length <= 100 && items.every((item) => isModest(item, depth + 1))
}
