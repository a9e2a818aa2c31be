import { LONGEST_JSON, fits } from './values'

/** The fields of a Loops request that are not contact properties. The app writes them itself, from their own settings. */
export const REQUEST_FIELDS = new Set(['email', 'userId', 'eventName', 'eventProperties', 'mailingLists'])

/** Names that Loops reserves on a contact, and `__proto__`, which would change a prototype. */
const RESERVED = new Set(['id', 'listId', 'softDeleteAt', 'teamId', 'updatedAt', 'optInStatus', '__proto__'])

/** Why the name cannot be a contact property in Loops, with the remedy; `undefined` if it can. */
export function contactNameProblem(name: string): string | undefined {
  if (REQUEST_FIELDS.has(name)) return 'has its own setting: remove it from the mapping'
  if (RESERVED.has(name)) return 'is reserved by Loops: choose another name'
  return nameProblem(name)
}

/** Why the name cannot be an event property or a mailing list in Loops, with the remedy; `undefined` if it can. */
export function nameProblem(name: string): string | undefined {
  if (name === '' || name === '__proto__') return 'cannot be used as a name: choose another'
  return fits(name) ? undefined : `is longer than the ${LONGEST_JSON} characters that Loops allows: shorten it`
}
