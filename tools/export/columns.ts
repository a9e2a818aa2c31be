/** The columns of the CSV. */

/** What Loops' import calls the properties that each contact has. A custom property goes by its API name. */
const IMPORT_NAMES: Readonly<Record<string, string>> = {
  email: 'Email',
  userId: 'User ID',
  firstName: 'First Name',
  lastName: 'Last Name',
  userGroup: 'User Group',
  source: 'Source',
  subscribed: 'Subscribed',
  notes: 'Notes',
}

export interface Columns {
  /** The contact properties in their order. */
  readonly names: readonly string[]
  readonly headers: readonly string[]
  /** Properties without a column: Loops might take their headers for properties that each contact has. */
  readonly leftOut: readonly string[]
}

/**
 * The columns for the contact properties of the mapping, in its order, and for the others that were found, sorted.
 */
export function columnsFor(mapped: readonly string[], found: readonly string[]): Columns {
  const others = found.filter((name) => !mapped.includes(name)).sort()
  const all = [...mapped, ...others]
  const names = all.filter((name) => !isMistakable(name))
  return { names, headers: names.map(headerOf), leftOut: all.filter(isMistakable) }
}

export function headerOf(name: string): string {
  return Object.hasOwn(IMPORT_NAMES, name) ? (IMPORT_NAMES[name] ?? name) : name
}

/** True for a name like `Email` or `first_name`, which differs from that of such a property in capitals, spaces and dashes only. */
function isMistakable(name: string): boolean {
  return !Object.hasOwn(IMPORT_NAMES, name) && simplified.has(simplify(name))
}

const simplify = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, '')
const simplified = new Set(Object.values(IMPORT_NAMES).map(simplify))
