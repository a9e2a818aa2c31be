/** The action of a mapping in a file. A default would send as events what is meant to update contacts. */
import type { DestinationMapping } from './body'
import { SEND, UPDATE } from './form'

/** What is written, or what the name of a built-in mapping says; `undefined` if neither tells. */
export function actionOf(name: unknown, written: unknown): unknown {
  if (written !== undefined && written !== null && written !== '') return written
  return [UPDATE, SEND].find((kind) => kind.name === name)?.inputs.action?.value
}

export function kindOf(action: unknown): DestinationMapping {
  return action === 'contact' ? UPDATE : SEND
}

/**
 * A sentence if the mapping's action is neither written nor said by its name.
 *
 * @param example how the action is written in the file.
 */
export function problemOfAction(name: unknown, written: unknown, index: number, example: string): string[] {
  if (actionOf(name, written) !== undefined) return []
  const subject = typeof name === 'string' && name !== '' ? `"${name}"` : `Mapping ${index + 1}`
  return [`${subject} has no action: write "action": ${example} in its inputs.`]
}
